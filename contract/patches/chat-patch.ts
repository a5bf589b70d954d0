import type { ChatState, Message } from "../chat-state.ts";
import type { Revised, Splice } from "./list-patch.ts";

/** The state of a chat without its messages; small, and sent whole when anything in it changed. */
export type ChatHead = Omit<ChatState, "messages">;

/** How one chat state follows from the one before; what crosses the process boundary while an answer streams. */
export interface ChatPatch extends Revised {
  readonly head?: ChatHead;
  /** Applied before `append`. */
  readonly splice?: Splice<Message>;
  /** Text that grew at the end of the last part of an answer. */
  readonly append?: { readonly index: number; readonly text: string };
}

/** A whole state and the revision it has. */
export interface ChatSnapshot extends Revised {
  readonly state: ChatState;
}
