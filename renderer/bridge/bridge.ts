import type { AppState } from "#contract/app-state.ts";
import type { AuthState } from "#contract/auth-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { Commands } from "#contract/commands/commands.ts";
import type { WindowCommands } from "#contract/commands/window.ts";
import type { Intent } from "#contract/intent.ts";
import type { RoomDraft } from "#contract/rooms/room-drafts.ts";
import type { RoomsState } from "#contract/rooms/rooms.ts";
import type { OwnAccountClient } from "#engine/account/own-account-client.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/**
 * The window's only way to the world: state to select from, and commands to give. On the desktop the application behind
 * it runs in the main process, in the web page beside the window. Commands reject with PipitError.
 */
export interface Bridge extends AsyncDisposable {
  readonly chat: ReadonlyStore<ChatState>;
  readonly rooms: ReadonlyStore<RoomsState>;
  readonly auth: ReadonlyStore<AuthState>;
  readonly app: ReadonlyStore<AppState>;
  /** What the composer held when the window was last closed. */
  readonly initialDraft: string;
  /** The account that wrote it, where that is known. */
  readonly draftOwner?: string | undefined;
  /** What stood in the fields of rooms. */
  readonly roomDrafts?: readonly RoomDraft[];
  readonly commands: Commands;
  /** What a window of the desktop asks of its host besides; absent on a page. */
  readonly window?: WindowCommands;
  /** The user's own account, in the page; on the desktop it is opened there. */
  openAccount?(): Promise<OwnAccountClient>;
  /** Returns the unsubscriber. Intents that came before the first listener are given to it at once. */
  onIntent(listener: (intent: Intent) => void): () => void;
}
