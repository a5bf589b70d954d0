import type { ChatState, Message } from "./chat-state.ts";

/** The state of a chat without its messages; small, and sent whole when anything in it changed. */
export type ChatHead = Omit<ChatState, "messages">;

/** How one chat state follows from the one before; what crosses the process boundary while an answer streams. */
export interface ChatPatch {
  /** Counts up by one with each patch; a gap means that a snapshot must be fetched. */
  readonly revision: number;
  readonly head?: ChatHead;
  /** `remove` messages from `from` on are replaced by `insert`. Applied before `append`. */
  readonly splice?: { readonly from: number; readonly remove: number; readonly insert: readonly Message[] };
  /** Text that grew at the end of the last part of an answer. */
  readonly append?: { readonly index: number; readonly text: string };
}

/** A whole state and the revision it has. */
export interface ChatSnapshot {
  readonly revision: number;
  readonly state: ChatState;
}
