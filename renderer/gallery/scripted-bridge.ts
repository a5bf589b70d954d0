import { createStore, type StoreApi } from "zustand/vanilla";
import type { AppState } from "#contract/app-state.ts";
import type { ChatPage } from "#contract/chat-history.ts";
import type { AuthState } from "#contract/auth-state.ts";
import { initialChatState, type ChatState } from "#contract/chat-state.ts";
import { commands, type CommandName, type Commands } from "#contract/commands/commands.ts";
import { windowCommands, type WindowCommands } from "#contract/commands/window.ts";
import type { Intent } from "#contract/intent.ts";
import type { ModelConnection } from "#contract/model-connection.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { noRooms, type RoomsState } from "#contract/rooms/rooms.ts";
import type { WindowPicture } from "#contract/screen-image.ts";
import type { ServerLook } from "#contract/sign-in.ts";
import { defaultSettings } from "#contract/settings.ts";
import type { OwnAccountClient } from "#engine/account/own-account-client.ts";
import type { Bridge } from "#renderer/bridge/bridge.ts";
import type { View } from "#renderer/bridge/view-store.ts";
import { scriptedAccount } from "./scripted-account.ts";
import { createIntentQueue } from "#renderer/bridge/intent-queue.ts";

type ScriptedName = CommandName | keyof WindowCommands;

/** A double of the window's host: tests set its state, and see (or answer) the commands that the window gives. */
export interface ScriptedBridge extends Bridge {
  readonly chat: StoreApi<ChatState>;
  readonly rooms: StoreApi<RoomsState>;
  readonly auth: StoreApi<AuthState>;
  readonly app: StoreApi<AppState>;
  /** Every command so far, oldest first. */
  readonly calls: { readonly name: ScriptedName; readonly input: unknown }[];
  /** What commands do; one that is not here resolves to undefined. */
  readonly answers: Partial<Record<ScriptedName, (input: unknown) => unknown>>;
  intend(intent: Intent): void;
  /** What the window shows at first, as the page's address says. */
  view: Exclude<View, "room">;
  /** The room that it shows at first instead. */
  room?: string;
  /** What the profile reads and changes; scenes put their own in its place. */
  ownAccount: OwnAccountClient;
}

/** State of a machine where everything works. */
const readyApp: AppState = {
  face: "desktop",
  platform: "linux",
  version: "0.0.0",
  settings: { ...defaultSettings, firstRunDone: true },
  systemLocale: "en-US",
  server: { kind: "ready", httpUrl: "http://127.0.0.1:8787", own: true, model: "llama3.2" },
  hotkey: { kind: "confirmed", accelerator: "CommandOrControl+Shift+Space" },
  toggleCommand: "npx pipit toggle",
  features: {
    screenshot: { available: true },
    sound: { available: true },
    globalHotkey: { available: true },
    startAtLogin: { available: true },
    otherServers: { available: true },
  },
  tokenPlace: { kind: "keychain" },
};

/** A server that signs people in by every way. */
export const foundServer: ServerLook = {
  version: "0.1.0",
  ways: { password: true, registration: true, browser: true, device: true },
  clockAheadMs: 0,
};

const signedIn: AuthState = { kind: "signed-in", accountId: "a1", accountName: "Ada", local: true };

export function createScriptedBridge(): ScriptedBridge {
  const calls: ScriptedBridge["calls"] = [];
  const answers: ScriptedBridge["answers"] = {};
  const intents = createIntentQueue();
  const app = createStore<AppState>(() => readyApp);
  // What every host does by itself.
  answers.updateSettings = (patch) =>
    app.setState({ settings: { ...app.getState().settings, ...(patch as Partial<AppState["settings"]>) } });
  answers.listChats = (): ChatPage => ({ chats: [] });
  answers.listProjects = () => [];
  answers.listWindows = (): readonly WindowPicture[] => [];
  answers.replaceSelection = () => ({ pasted: true });
  answers.lookAtServer = (): ServerLook => foundServer;
  answers.modelConnection = (): ModelConnection => ({ from: "none", hasKey: false });
  const entries = (Object.keys({ ...commands, ...windowCommands }) as ScriptedName[]).map((name) => {
    const call = async (input?: unknown): Promise<unknown> => {
      calls.push({ name, input });
      return answers[name]?.(input);
    };
    return [name, call] as const;
  });
  const bridge: ScriptedBridge = {
    view: "chat",
    ownAccount: scriptedAccount,
    openAccount: async () => bridge.ownAccount,
    chat: createStore<ChatState>(() => ({ ...initialChatState, connection: "online" })),
    rooms: createStore<RoomsState>(() => noRooms),
    auth: createStore<AuthState>(() => signedIn),
    app,
    calls,
    answers,
    initialDraft: "",
    commands: Object.fromEntries(entries) as unknown as Commands,
    window: Object.fromEntries(entries) as unknown as WindowCommands,
    intend: (intent) => intents.push(intent),
    onIntent: (listener) => intents.listen(listener),
    [Symbol.asyncDispose]: async () => undefined,
  };
  return bridge;
}

/** For answers that fail. */
export function failWith(...args: ConstructorParameters<typeof PipitError>): () => never {
  return () => {
    throw new PipitError(...args);
  };
}
