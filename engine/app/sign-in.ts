import { rememberServer, type SettingsPatch } from "#contract/settings.ts";
import type { AppState } from "#contract/app-state.ts";
import type { SignedInAccount } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ServerLook, SignInRequest } from "#contract/sign-in.ts";
import type { AppClient, AppPorts } from "./app-ports.ts";

interface SignInDeps extends Pick<AppPorts, "openClient" | "lookAtServer" | "logger"> {
  readonly client: () => Promise<AppClient>;
  /** Makes this the client that is used from now on, with these settings. */
  readonly adopt: (client: AppClient, settings: SettingsPatch) => Promise<void>;
  readonly state: () => AppState;
  readonly show: (patch: Pick<AppState, "devicePrompt" | "signInLink" | "accounts">) => void;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

type Account = Pick<SignedInAccount, "serverUrl" | "accountId">;

/** Signing in, one at a time, and out; see contract/commands/session.ts. */
export type SignIn = ReturnType<typeof createSignIn>;

export function createSignIn(deps: SignInDeps) {
  let attempt = new AbortController();
  let looking = new AbortController();
  const cancel = (): void => attempt.abort(new PipitError("CANCELLED", "The sign-in was given up."));

  /** A client of its own for a server that is not the one in use; undefined for the one in use. */
  async function candidateFor(serverUrl: string): Promise<AppClient | undefined> {
    const { settings, features } = deps.state();
    if (!features.otherServers.available || serverUrl === settings.serverUrl) return undefined;
    return await deps.openClient({ ...settings, serverUrl });
  }

  /** The client in use is left alone until the sign-in at another server has worked. */
  async function at(serverUrl: string, login: (client: AppClient) => Promise<unknown>): Promise<void> {
    const candidate = await candidateFor(serverUrl);
    try {
      await login(candidate ?? (await deps.client()));
    } catch (reason) {
      await candidate?.[Symbol.asyncDispose]();
      throw reason;
    }
    const servers = rememberServer(deps.state().settings, serverUrl);
    if (candidate !== undefined) await deps.adopt(candidate, { serverUrl, servers });
  }

  /** A named server has an address; of this machine's own, or a page's, it is found. */
  async function addressOf(serverUrl: string, signal: AbortSignal): Promise<string> {
    if (serverUrl !== "") return serverUrl;
    const candidate = await candidateFor(serverUrl);
    try {
      return (await (candidate ?? (await deps.client())).findServer(signal)).httpUrl;
    } finally {
      await candidate?.[Symbol.asyncDispose]();
    }
  }

  const { showAccounts, whileLeaving } = createAccountList(deps);

  return {
    cancel,
    showAccounts,
    dropLink: (): void => deps.show({ signInLink: undefined }),
    async lookAtServer(serverUrl: string): Promise<ServerLook> {
      looking.abort(new PipitError("CANCELLED", "Another address is looked at."));
      looking = new AbortController();
      const signal = AbortSignal.any([looking.signal, deps.signal]);
      return await deps.lookAtServer(await addressOf(serverUrl, signal), signal);
    },
    async signIn(serverUrl: string, request: SignInRequest): Promise<void> {
      cancel();
      const mine = new AbortController();
      attempt = mine;
      const signal = AbortSignal.any([mine.signal, deps.signal]);
      try {
        await at(serverUrl, (client) =>
          client.login(request, (devicePrompt) => deps.show({ devicePrompt }), signal),
        );
      } finally {
        if (attempt === mine) deps.show({ devicePrompt: undefined });
        void showAccounts();
      }
    },
    /** @param account default: the one in use */
    async signOut(account?: Account): Promise<void> {
      const candidate = account === undefined ? undefined : await candidateFor(account.serverUrl);
      const client = candidate ?? (await deps.client());
      const now = client.session.store.getState();
      const inUse = candidate === undefined && now.kind === "signed-in" ? now.accountId : undefined;
      const { serverUrl } = account ?? deps.state().settings;
      const accountId = account?.accountId ?? inUse ?? "";
      try {
        await whileLeaving({ serverUrl, accountId }, () =>
          account === undefined || accountId === inUse
            ? client.logout(deps.signal)
            : client.accounts?.signOut(accountId, deps.signal),
        );
      } finally {
        await candidate?.[Symbol.asyncDispose]();
      }
    },
  };
}

/** Keeps the state's list of accounts true. */
function createAccountList(deps: Pick<SignInDeps, "client" | "show" | "logger">) {
  const leaving = new Set<string>();
  let readings = 0;

  /** Of two readings at once the later one counts. Never throws. */
  async function showAccounts(): Promise<void> {
    readings += 1;
    const mine = readings;
    try {
      const kept = await (await deps.client()).accounts?.list();
      if (kept === undefined || mine !== readings) return;
      deps.show({ accounts: kept.filter((account) => !leaving.has(nameOf(account))) });
    } catch (reason) {
      const { code, detail } = PipitError.from(reason);
      deps.logger.warn("accounts.unreadable", { code, detail });
    }
  }
  return {
    showAccounts,
    /** It is gone from the list at once: to tell its server may take a while. */
    async whileLeaving(account: Account, signOut: () => Promise<void> | undefined): Promise<void> {
      const name = nameOf(account);
      leaving.add(name);
      try {
        void showAccounts();
        await signOut();
      } finally {
        leaving.delete(name);
        await showAccounts();
      }
    },
  };
}

function nameOf({ serverUrl, accountId }: Account): string {
  return JSON.stringify([serverUrl, accountId]);
}
