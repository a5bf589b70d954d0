import type { CaptureTarget } from "#contract/commands/app.ts";
import type { AppState, ServerStatus } from "#contract/app-state.ts";
import type { AuthState, SignedInAccount, TokenPlace } from "#contract/auth-state.ts";
import type { Logger } from "#contract/logger.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import type { GivenPrompt, KeptPrompts, Prompt } from "#contract/prompts.ts";
import type { ScreenImage, WindowPicture } from "#contract/screen-image.ts";
import type { DevicePrompt, ServerLook, SignInRequest } from "#contract/sign-in.ts";
import type { Settings, SettingsPatch } from "#contract/settings.ts";
import type { ChatEngine, Settled } from "#engine/chat/chat-engine-api.ts";
import type { importChats, ImportOptions } from "#engine/history/import-chats.ts";
import type { SayToRoom } from "#engine/events/event-link.ts";
import type { News } from "#engine/events/news.ts";
import type { HistoryClient } from "#engine/history/history-client.ts";
import type { ModelConnectionClient } from "#engine/model/model-connection-client.ts";
import type { Outbox } from "#engine/ports.ts";
import type { OwnRooms } from "#engine/rooms/own-rooms.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/** Where the server answers. */
export type FoundServer = Omit<Extract<ServerStatus, { kind: "ready" }>, "kind" | "model">;

/** All that talks to one server. */
export interface AppClient extends AsyncDisposable {
  readonly engine: ChatEngine;
  readonly history: HistoryClient;
  readonly modelConnection: ModelConnectionClient;
  /** Of the account's questions, which the engine sends, and of its messages to rooms. */
  readonly outbox: Outbox;
  /** A page gets the code of it with the first call. @throws PipitError SERVER_UNREACHABLE when that does not come */
  openRooms(): Promise<OwnRooms>;
  /** See `importChats`. */
  importChats(file: Blob, how: ImportOptions, signal: AbortSignal): ReturnType<typeof importChats>;
  /** A file of the server's; absent on a page, whose browser downloads by itself. */
  readonly download?: (path: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  readonly session: {
    readonly store: ReadonlyStore<AuthState>;
    place?(): TokenPlace;
    /** New tokens are in use, or the place of those in use has changed. */
    onTokenUpdated?(listener: () => void): () => void;
  };
  /** Restores the stored sign-in, or does what the host does without one. */
  signIn(signal: AbortSignal): Promise<unknown>;
  /**
   * Signs in because the person said so; one that fails leaves the sign-in as it was.
   *
   * @param showDevice told what to do at another device, by the way that needs one
   * @throws PipitError see contract/commands/session.ts
   */
  login(
    request: SignInRequest,
    showDevice: (prompt: DevicePrompt) => void,
    signal: AbortSignal,
  ): Promise<unknown>;
  logout(signal: AbortSignal): Promise<void>;
  /** What a host knows of other sign-ins that its machine keeps; a page has one account. */
  readonly accounts?: {
    /** At every server, the one in use first. */
    list(): Promise<readonly SignedInAccount[]>;
    /** Signs out another account of this server than the one in use. */
    signOut(accountId: string, signal: AbortSignal): Promise<void>;
  };
  /** From now on, the server tells at once what happens to the account, and when it has ended the sign-in. Called once, whoever is signed in. */
  listen(onNews: (news: News) => void): SayToRoom;
  /** Asks the server whether it is there, and starts the host's own if it is not. @throws PipitError SERVER_UNREACHABLE */
  findServer(signal: AbortSignal): Promise<FoundServer>;
}

/** Where the settings rest. */
export interface SettingsPort {
  readonly store: ReadonlyStore<Settings>;
  /** Takes effect in the store at once; resolves when it is kept. @throws PipitError CONFIG_INVALID, STORAGE_* */
  update(patch: SettingsPatch): Promise<void>;
}

/** Where prompts of one's own rest; see contract/commands/prompts.ts. */
export interface PromptsPort {
  list(): Promise<KeptPrompts>;
  save(prompts: readonly Prompt[]): Promise<KeptPrompts>;
  give(name: string): Promise<GivenPrompt>;
}

/** Files that the person chooses. */
export interface FilesPort {
  /** To be read; undefined when none was chosen. @throws PipitError FILE_UNSUPPORTED */
  choose(): Promise<Blob | undefined>;
  /** Writes a file, whole or not at all; resolves to its path, or undefined when none was chosen. @throws PipitError STORAGE_* */
  save(name: string, read: () => Promise<AsyncIterable<Uint8Array>>): Promise<string | undefined>;
}

/** What the window's host does for it. */
export interface WindowPort {
  /** @throws PipitError see contract/commands/app.ts */
  captureScreen(target: CaptureTarget, signal: AbortSignal): Promise<ScreenImage>;
  /** @throws PipitError see contract/commands/app.ts; a page NOT_ALLOWED */
  listWindows(signal: AbortSignal): Promise<readonly WindowPicture[]>;
  /** @throws PipitError NOT_ALLOWED for anything but https and mailto */
  openLink(address: string, asked?: boolean): Promise<void>;
  openScreenSettings(): Promise<void>;
  copyText(text: string): Promise<void>;
  /** @throws PipitError see contract/commands/app.ts; a page NOT_ALLOWED */
  replaceSelection(messageId: string): Promise<{ readonly pasted: boolean }>;
  /** @param room whose field it is; absent: the composer's */
  saveDraft(text: string, room: string | undefined): Promise<void>;
  hide(): Promise<void>;
  /** Absent on a page: its browser does both. */
  readonly files?: FilesPort;
  /** Asked for anew each time: those of an account change with it. */
  prompts(): Promise<PromptsPort>;
}

/** What a host gives the application. */
export interface AppPorts {
  /** Opens the client for these settings; contacts no server. */
  readonly openClient: (settings: Settings) => Promise<AppClient>;
  /** Asks any server how it signs people in; see contract/commands/session.ts. */
  readonly lookAtServer: (serverUrl: string, signal: AbortSignal) => Promise<ServerLook>;
  readonly settings: SettingsPort;
  readonly window: WindowPort;
  /** 0 to 1. */
  readonly setVolume: (volume: number) => void;
  /** Told of every question that is settled, whichever client sends it. Absent: the window alone tells. */
  readonly onSettled?: (settled: Settled) => void;
  /** Told at once of what happens in rooms: what is new in one, an invitation, a mention. Absent: the window alone tells. */
  readonly onRoomNews?: (news: News) => void;
  /** Tells the person of a problem outside any command. */
  readonly onProblem: (error: PipitError) => void;
  /** False when the machine has no network: that says nothing of the server. Absent: never known. */
  readonly isOnline?: () => boolean;
  /** Everything of the state that is known at the start. */
  readonly initial: Omit<AppState, "settings" | "server">;
  readonly logger: Logger;
}
