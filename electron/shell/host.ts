import { createStore } from "zustand/vanilla";
import type { AppState } from "#contract/app-state.ts";
import { DESKTOP_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Settings, SettingsPatch } from "#contract/settings.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";
import { openClient, type Client } from "#engine/node/client.ts";
import { parseServerUrl } from "#engine/node/http/http-client.ts";
import { startTokenStore, type ClientServer } from "#engine/node/keychain/start-token-store.ts";
import type { Logger } from "#contract/logger.ts";
import type { Speaker } from "#engine/ports.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { DesktopConfig } from "./config.ts";
import { createPresentClient, type PresentClient } from "./present-client.ts";
import { createServerWatch, type ServerWatch } from "./server-watch.ts";
import type { JsonFile } from "./json-file.ts";
import { mergeSettings } from "./settings-file.ts";

export interface HostOptions {
  readonly config: Pick<DesktopConfig, "home" | "serverUrl" | "grpcUrl">;
  readonly settings: JsonFile<Settings>;
  /** Everything of the app's state that is known before the host starts. */
  readonly initial: Omit<AppState, "settings" | "server">;
  readonly serverEntry: string;
  readonly launcher: ChildLauncher;
  readonly speaker: Speaker;
  readonly logger: Logger;
}

/** The engine and what it talks to, as the app's other parts see it. One per app, whatever its windows do. */
export interface Host extends AsyncDisposable, Pick<PresentClient, "chat" | "auth"> {
  readonly app: ReadonlyStore<AppState>;
  client(): Promise<Client>;
  /** Restores the sign-in, takes up the outbox and looks for the server. Problems end up in the state. */
  start(): Promise<void>;
  /** Tries to reach the server now and takes up what waits. @throws PipitError */
  reconnect(): Promise<void>;
  /** After wake-up or a network change: like reconnect, without complaint. */
  resume(): void;
  /** Our own server has ended by itself. */
  serverEnded(): void;
  /** Changes what the window shows of the app. */
  setApp(patch: Partial<Omit<AppState, "settings" | "server">>): void;
  /**
   * Takes new settings over into the engine and saves them; another server means another client.
   *
   * @throws PipitError CONFIG_INVALID (`field` serverUrl) with nothing changed; STORAGE_* with the change in effect.
   */
  updateSettings(patch: SettingsPatch): Promise<void>;
}

/** Opens the client at once; contacts no server before `start`. */
export function createHost(options: HostOptions): Host {
  const { settings, logger } = options;
  const stop = new AbortController();
  const present = createPresentClient(() => openPresent(options, settings.get()));
  const watch = createServerWatch(() => present.get(), logger);
  const app = createStore<AppState>(() => ({
    ...options.initial,
    settings: settings.get(),
    server: watch.status.getState(),
  }));
  watch.status.subscribe((server) => app.setState({ server }));
  followConnection(present, watch);

  const start = async (): Promise<void> => {
    try {
      const client = await present.get();
      app.setState({ tokenPlace: client.session.place() });
      // Like every face of Pipit: on the person's own machine they are signed in, unless they signed out.
      await Promise.all([watch.look(), client.signIn(stop.signal)]);
      await client.engine.resume();
    } catch (reason) {
      if (stop.signal.aborted) return;
      const error = PipitError.from(reason);
      logger.warn("host.start", { code: error.code, detail: error.detail });
      if (app.getState().server.kind === "starting")
        app.setState({ server: { kind: "unreachable", code: error.code, message: error.message } });
    }
  };
  const reconnect = async (): Promise<void> => {
    const client = await present.get();
    await Promise.all([watch.look(), client.engine.resume()]);
    const { server } = app.getState();
    if (server.kind === "unreachable") throw new PipitError(server.code, server.message);
  };

  return {
    chat: present.chat,
    auth: present.auth,
    app,
    client: () => present.get(),
    start,
    reconnect,
    resume: () => void reconnect().catch(() => undefined),
    serverEnded: () => watch.ended(),
    setApp: (patch) => app.setState(patch),
    async updateSettings(patch) {
      const before = settings.get();
      const after = mergeSettings(before, patch);
      const otherServer = after.serverUrl !== before.serverUrl;
      if (otherServer && after.serverUrl !== "") checkServerUrl(after.serverUrl);
      const saved = settings.set(after);
      app.setState({ settings: after });
      if (otherServer) {
        app.setState({ server: { kind: "starting" } });
        // What keeps it from opening is told by the state, as at the start of the app.
        await present.replace().catch(() => undefined);
        await Promise.all([saved, start()]);
      } else {
        await Promise.all([saved, applyToEngine(present, options.speaker, patch)]);
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new PipitError("CANCELLED", "Pipit is closing."));
      watch[Symbol.dispose]();
      await present[Symbol.asyncDispose]();
      await options.speaker[Symbol.asyncDispose]();
    },
  };
}

/** The engine notices first that a server is gone or back; the app's state follows. */
function followConnection(present: PresentClient, watch: ServerWatch): void {
  present.chat.subscribe((state, before) => {
    if (state.connection !== before.connection && before.connection !== "unknown") void watch.look();
  });
  present.auth.subscribe((state, before) => {
    if (state.kind === "signed-in" && before.kind !== "signed-in") void watch.look();
  });
}

async function applyToEngine(present: PresentClient, speaker: Speaker, patch: SettingsPatch): Promise<void> {
  if (patch.volume !== undefined) speaker.setVolume(patch.volume);
  const { engine } = await present.get();
  if (patch.speak !== undefined) engine.setSpeak(patch.speak);
  if (patch.searchAllChats !== undefined) engine.setSearchAllChats(patch.searchAllChats);
  if (patch.historySize !== undefined) engine.setMaxMessages(patch.historySize);
}

async function openPresent(options: HostOptions, settings: Settings): Promise<Client> {
  const server = presentServer(options.config, settings);
  return await openClient({
    server,
    serverEntry: options.serverEntry,
    launcher: options.launcher,
    clientId: DESKTOP_CLIENT_ID,
    locale: localeOf(settings, options.initial.systemLocale),
    speak: settings.speak,
    speaker: options.speaker,
    searchAllChats: settings.searchAllChats,
    maxMessages: settings.historySize,
    tokenStore: startTokenStore(server, options.launcher),
  });
}

/** The settings name a server by its web address; the environment may also say where its gRPC port is. */
function presentServer(config: HostOptions["config"], { serverUrl }: Settings): ClientServer {
  const { home } = config;
  if (serverUrl === "" || serverUrl === config.serverUrl)
    return { home, serverUrl: config.serverUrl, grpcUrl: config.grpcUrl };
  return { home, serverUrl: parseServerUrl(serverUrl).href.replace(/\/$/u, ""), grpcUrl: undefined };
}

function checkServerUrl(address: string): void {
  try {
    parseServerUrl(address);
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    throw new PipitError(code, message, { field: "serverUrl" });
  }
}

function localeOf(settings: Settings, systemLocale: string): string {
  return settings.language === "system" ? systemLocale : settings.language;
}
