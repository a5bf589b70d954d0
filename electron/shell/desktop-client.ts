import { DESKTOP_CLIENT_ID } from "#contract/auth-wire.ts";
import type { SignedInAccount } from "#contract/auth-state.ts";
import type { Settings } from "#contract/settings.ts";
import type { AppClient } from "#engine/app/app-ports.ts";
import { openClient, type ClientOptions } from "#engine/node/client.ts";
import { parseServerUrl } from "#engine/node/http/http-client.ts";
import {
  serverOf as tokenServerOf,
  startTokenStore,
  type ClientServer,
} from "#engine/node/keychain/token-store.ts";
import { OWN_SERVER, scopeServer } from "#engine/node/keychain/token-store-scope.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";
import type { DesktopConfig } from "./config.ts";

export interface DesktopClientOptions extends Pick<
  ClientOptions,
  "serverEntry" | "speaker" | "keepsHistory" | "reports"
> {
  readonly config: Pick<DesktopConfig, "home" | "serverUrl" | "grpcUrl">;
  readonly launcher: ChildLauncher;
  /** BCP 47. */
  readonly systemLocale: string;
  /** Shows a page of the server in the system's browser. */
  readonly openPage: (address: URL) => Promise<void>;
  /** The user has done there what was to be done. */
  readonly onBack: () => void;
  /** Told when the system's keychain makes the person wait, most likely for a dialog, and when that is over. */
  readonly onKeychain: (waiting: boolean) => void;
}

/** Opens the client of the server that the settings name; contacts no server. */
export async function openDesktopClient(
  { config, launcher, systemLocale, onKeychain, openPage, onBack, ...rest }: DesktopClientOptions,
  settings: Settings,
): Promise<AppClient> {
  const server = serverOf(config, settings);
  const client = await openClient({
    ...rest,
    server,
    launcher,
    clientId: DESKTOP_CLIENT_ID,
    locale: settings.language === "system" ? systemLocale : settings.language,
    speak: settings.speak,
    searchAllChats: settings.searchAllChats,
    maxMessages: settings.historySize,
    tokenStore: startTokenStore(server, "desktop", { launcher, onWaiting: onKeychain }),
  });
  const { link, session, rooms } = client;
  return {
    ...client,
    openRooms: async () => rooms,
    // On the person's own machine they are signed in, unless they signed out.
    signIn: async (signal) =>
      ["signed-in", "signed-out"].includes(session.store.getState().kind)
        ? undefined
        : await client.signIn(signal),
    async login(request, showDevice, signal) {
      switch (request.kind) {
        case "local":
          return await client.login(undefined, signal);
        case "token":
          return await client.login(request.token, signal);
        case "password":
          return await client.signInBy(() => session.signInWithPassword(request, signal));
        case "register":
          return await client.signInBy(() => session.register(request, signal));
        case "browser":
          await client.signInBy(() =>
            session.signInByBrowser((address) => openPage(new URL(address)), signal),
          );
          return onBack();
        case "device":
          return await client.signInBy(() => session.signInByDevice(showDevice, signal));
        case "kept":
          return await client.signInBy(() => session.switchTo(request.accountId, signal));
      }
    },
    accounts: {
      async list() {
        const now = session.store.getState();
        const inUse = now.kind === "signed-in" ? now.accountId : undefined;
        const kept = (await session.accounts()).flatMap(
          ({ server: scope, ...account }): SignedInAccount[] => {
            const serverUrl = addressOf(scope, config, settings);
            if (serverUrl === undefined) return [];
            const active = serverUrl === settings.serverUrl && account.accountId === inUse;
            return [{ ...account, serverUrl, active }];
          },
        );
        return kept.toSorted((one, other) => Number(other.active) - Number(one.active));
      },
      signOut: (accountId, signal) => client.logout(signal, accountId),
    },
    async findServer(signal) {
      // A link that still believes in a server that is gone finds out by asking it.
      await link.http.request({ method: "GET", path: "/health" }, signal).catch(() => undefined);
      const { httpUrl, own, setAside } = await link.connect(signal);
      return { httpUrl, own, ...(setAside === undefined ? {} : { setAside }) };
    },
  };
}

/** The settings name a server by its web address; the environment may also say where its gRPC port is. */
function serverOf(config: DesktopClientOptions["config"], { serverUrl }: Settings): ClientServer {
  const { home } = config;
  if (serverUrl === "" || serverUrl === config.serverUrl)
    return { home, serverUrl: config.serverUrl, grpcUrl: config.grpcUrl };
  return { home, serverUrl: parseServerUrl(serverUrl).href.replace(/\/$/u, ""), grpcUrl: undefined };
}

/**
 * What the settings call the server of a kept sign-in. Undefined: the environment names another server, and this machine's
 * own cannot be chosen.
 */
function addressOf(
  scope: string,
  config: DesktopClientOptions["config"],
  settings: Settings,
): string | undefined {
  const { home } = config;
  const known = [settings.serverUrl, "", ...settings.servers];
  const found = known.find(
    (serverUrl) =>
      scopeServer({ home, ...tokenServerOf(serverOf(config, { ...settings, serverUrl })) }) === scope,
  );
  return found ?? (scope === OWN_SERVER ? undefined : scope);
}
