import { createStore, type StoreApi } from "zustand/vanilla";
import type { AppState } from "#contract/app-state.ts";
import type { AuthState } from "#contract/auth-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { Commands } from "#contract/commands/commands.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { noRooms, type RoomsState } from "#contract/rooms/rooms.ts";
import type { Settings, SettingsPatch } from "#contract/settings.ts";
import type { SayToRoom } from "#engine/events/event-link.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { AppClient, AppPorts } from "./app-ports.ts";
import { createChatFiles } from "./chat-files.ts";
import { createCommands } from "./commands.ts";
import { createCurrentClient, type CurrentClient } from "./current-client.ts";
import { createLiveSync, type LiveSync } from "./live-sync.ts";
import { createProjectHandlers } from "./project-commands.ts";
import { createRoomHandlers } from "./room-commands.ts";
import { createServerLook } from "./server-look.ts";
import { createSignIn } from "./sign-in.ts";
import { createUnreadMarks } from "./unread-marks.ts";

/**
 * The application without a window: one per desktop app or page, whatever its windows do. Opens the client at once; contacts
 * no server before `start`.
 */
export class App implements AsyncDisposable {
  readonly chat: ReadonlyStore<ChatState>;
  readonly auth: ReadonlyStore<AuthState>;
  readonly rooms: ReadonlyStore<RoomsState>;
  readonly commands: Commands;
  /** Looks at the server now. Never throws. */
  readonly look: () => Promise<void>;
  readonly #liveSync: LiveSync;
  readonly #state: StoreApi<AppState>;
  readonly #ports: AppPorts;
  readonly #current: CurrentClient;
  readonly #stop = new AbortController();
  readonly #rooms: Pick<ReturnType<typeof createRoomHandlers>, "resume" | "heard">;
  readonly #unsubscribe: () => void;
  /** Of the server that is listened to. */
  #say: SayToRoom = () => undefined;
  /** Ends what concerns the server that is set now, when another one is. */
  #server = new AbortController();
  /** Of the server that is about to be set: signed in already. */
  #candidate: AppClient | undefined;
  /** Settles when the last change of the settings has reached the engine. */
  #applied: Promise<void> = Promise.resolve();

  constructor(ports: AppPorts) {
    const { settings, initial, window, openClient } = ports;
    const { signal } = this.#stop;
    this.#ports = ports;
    this.#state = createStore<AppState>(() => ({
      ...initial,
      settings: settings.store.getState(),
      server: { kind: "starting" },
    }));
    const show = (patch: Partial<AppState>): void => this.#state.setState(patch);
    const unreadMarks = createUnreadMarks({ ...ports, show, signal });
    this.#current = createCurrentClient(async () => {
      const opened = this.#takeCandidate() ?? (await openClient(settings.store.getState()));
      opened.engine.onSettled((settled) => {
        ports.onSettled?.(settled);
        void unreadMarks.settled(opened, settled);
      });
      return opened;
    });
    this.chat = this.#current.chat;
    this.auth = this.#current.auth;
    const client = () => this.#current.get();
    this.look = createServerLook({ ...ports, client, state: this.#state, signal: () => this.#server.signal });
    const state = () => this.#state.getState();
    this.#liveSync = createLiveSync({
      ...ports,
      state,
      show,
      look: () => this.look(),
      readProjects: () => this.commands.listProjects(),
      signal,
    });
    this.#unsubscribe = settings.store.subscribe((next, before) => this.#apply(next, before));
    this.#followServer();
    const signIn = createSignIn({
      ...ports,
      client,
      signal,
      state,
      show,
      adopt: (candidate, patch) => this.#adopt(candidate, patch),
    });
    this.auth.subscribe(() => void signIn.showAccounts());
    const { auth } = this;
    const shownRooms = createStore<RoomsState>(() => noRooms);
    this.rooms = shownRooms;
    const say: SayToRoom = (message) => this.#say(message);
    const rooms = createRoomHandlers({ client, auth, store: shownRooms, say, signal });
    this.#rooms = rooms;
    this.commands = createCommands({
      client,
      window,
      signal,
      state,
      updateSettings: (patch) => this.#updateSettings(patch),
      reconnect: () => this.#reconnect(),
      look: () => this.look(),
      signIn,
      unreadMarks,
      liveSync: this.#liveSync,
      chatFiles: createChatFiles({ window, client, auth, show, signal }),
      projects: createProjectHandlers({ client, auth, show, signal }),
      rooms: rooms.handlers,
    });
  }

  get state(): ReadonlyStore<AppState> {
    return this.#state;
  }

  /** Restores the sign-in, looks for the server and takes up the outbox. Never throws: problems are told. */
  async start(): Promise<void> {
    const { signal } = this.#server;
    try {
      const client = await this.#current.get();
      const showPlace = (): void => {
        const tokenPlace = client.session.place?.();
        if (tokenPlace !== undefined) this.#state.setState({ tokenPlace });
      };
      client.session.onTokenUpdated?.(showPlace);
      showPlace();
      this.#say = client.listen((news) => {
        this.#liveSync.heard(client, news);
        this.#rooms.heard(news);
      });
      await Promise.all([this.look(), client.signIn(signal)]);
      signal.throwIfAborted();
      await client.engine.resume();
    } catch (reason) {
      if (!signal.aborted) this.#onStartFailure(PipitError.from(reason));
    }
  }

  /** Takes up the outbox: another tab, or an earlier run, may have left messages there. Never throws. */
  async resumeOutbox(): Promise<void> {
    // Without a sign-in there is no outbox to take up.
    if (this.auth.getState().kind === "failed") return await this.resume();
    void this.#rooms.resume();
    await this.#current
      .get()
      .then(({ engine }) => engine.resume())
      .catch(() => undefined);
  }

  /** After wake-up or a network change: like the command `reconnect`, without complaint. */
  async resume(): Promise<void> {
    await this.#reconnect().catch(() => undefined);
  }

  /** Changes what the window shows of the host. */
  show(patch: Partial<AppPorts["initial"]>): void {
    this.#state.setState(patch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of [this.#stop, this.#server])
      part.abort(new PipitError("CANCELLED", "Pipit is closing."));
    this.#unsubscribe();
    await this.#current[Symbol.asyncDispose]();
  }

  async #reconnect(): Promise<void> {
    const client = await this.#current.get();
    const { kind } = this.auth.getState();
    const signedIn =
      kind === "signed-in" || kind === "signing-in" ? undefined : client.signIn(this.#stop.signal);
    await Promise.all([this.look(), signedIn]);
    void this.#rooms.resume();
    await client.engine.resume();
    const { server } = this.#state.getState();
    if (server.kind === "unreachable") throw new PipitError(server.code, server.message);
  }

  #onStartFailure(error: PipitError): void {
    const { code, message, detail } = error;
    this.#ports.logger.warn("app.start", { code, detail });
    const { server } = this.#state.getState();
    if (server.kind === "starting") this.#state.setState({ server: { kind: "unreachable", code, message } });
    // What the status says already is no news.
    else if (server.kind === "ready" || server.code !== code) this.#ports.onProblem(error);
  }

  /** The engine notices first that a server is gone or back; the state follows. Each chat may have a model of its own. */
  #followServer(): void {
    this.chat.subscribe((state, before) => {
      const isNews = state.connection !== before.connection && before.connection !== "unknown";
      if (isNews || state.chatId !== before.chatId) void this.look();
    });
    this.auth.subscribe((state, before) => {
      if (state.kind === "signed-in" && before.kind !== "signed-in") void this.look();
    });
  }

  #takeCandidate(): AppClient | undefined {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    return candidate;
  }

  async #adopt(candidate: AppClient, patch: SettingsPatch): Promise<void> {
    this.#candidate = candidate;
    try {
      await this.#updateSettings(patch);
    } finally {
      // A host that did not take the address has not taken the client either.
      await this.#takeCandidate()?.[Symbol.asyncDispose]();
    }
  }

  async #updateSettings(patch: SettingsPatch): Promise<void> {
    this.#applied = Promise.resolve();
    const kept = this.#ports.settings.update(patch);
    await Promise.all([kept, this.#applied]);
    // Also when it was on already: after a failure of the loudspeaker this means "try again".
    if (patch.speak === true) (await this.#current.get()).engine.setSpeak(true);
  }

  /** The settings changed, by this window or another. */
  #apply(next: Settings, before: Settings): void {
    this.#state.setState({ settings: next });
    if (next.volume !== before.volume) this.#ports.setVolume(next.volume);
    const { otherServers } = this.#state.getState().features;
    this.#applied =
      otherServers.available && next.serverUrl !== before.serverUrl
        ? this.#changeServer()
        : this.#applyToEngine(next, before);
    // The command that changed them hears of a failure; other readers there are none.
    this.#applied.catch(() => undefined);
  }

  async #changeServer(): Promise<void> {
    this.#server.abort(new PipitError("CANCELLED", "Another server is set."));
    this.#server = new AbortController();
    this.#state.setState({ server: { kind: "starting" } });
    // What keeps it from opening is told by the state, as at the start.
    await this.#current.replace().catch(() => undefined);
    await this.start();
  }

  async #applyToEngine(next: Settings, before: Settings): Promise<void> {
    const { engine } = await this.#current.get();
    if (next.speak !== before.speak) engine.setSpeak(next.speak);
    if (next.searchAllChats !== before.searchAllChats) engine.setSearchAllChats(next.searchAllChats);
    if (next.historySize !== before.historySize) engine.setMaxMessages(next.historySize);
  }
}
