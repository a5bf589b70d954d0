import type { AppState } from "#contract/app-state.ts";
import type { AuthState } from "#contract/auth-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { Commands, Intent } from "#contract/ipc-schema.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/**
 * The window's only way to the world: state to select from, and commands to give. The desktop implements it over IPC, the
 * web page with an engine of its own. Commands reject with PipitError.
 */
export interface Bridge extends AsyncDisposable {
  readonly chat: ReadonlyStore<ChatState>;
  readonly auth: ReadonlyStore<AuthState>;
  readonly app: ReadonlyStore<AppState>;
  /** What the composer held when the window was last closed. */
  readonly initialDraft: string;
  readonly commands: Omit<Commands, "snapshot">;
  /** Returns the unsubscriber. Intents that came before the first listener are given to it at once. */
  onIntent(listener: (intent: Intent) => void): () => void;
}
