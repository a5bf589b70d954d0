import type { ErrorCode } from "#contract/error-codes.ts";
import type { SentFile } from "./attached-file.ts";
import type { SentImage } from "./screen-image.ts";

/** Why a message waits or failed; `message` is safe to show and says what to do. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether sending the very same message again may help. */
  readonly retryable: boolean;
}

/** A piece of an answer, in the order in which it came. */
export type MessagePart =
  | { readonly kind: "text"; readonly text: string }
  /** What the model thought before it answered; no part of the answer. */
  | { readonly kind: "reasoning"; readonly text: string }
  | {
      readonly kind: "tool";
      readonly callId: string;
      readonly name: string;
      readonly state: "started" | "done" | "failed";
      /** One short line a person may read. */
      readonly summary: string;
    }
  | { readonly kind: "notice"; readonly code: string; readonly text: string };

/** Where a question is on its way. */
export type UserStatus =
  /**
   * In the outbox. `reason` and `nextTryAtMs` (epoch) are set after a failed attempt that will be repeated; `elsewhere`:
   * another window or program on this machine sends the messages of this chat at the moment.
   */
  | {
      readonly kind: "queued";
      readonly reason?: Failure;
      readonly nextTryAtMs?: number;
      readonly elsewhere?: true;
    }
  /** Handed to the server, or between two attempts of one series. */
  | { readonly kind: "sending" }
  | { readonly kind: "answered" }
  /** Parked in the outbox, in the way of no other message; only `retry`, an edit or `discard` changes this. */
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "cancelled" };

/** What the person asked. */
export interface UserMessage {
  readonly role: "user";
  /** The `client_message_id`, if it was asked with one; else the turn's. The same after the chat is opened again. */
  readonly id: string;
  readonly turnId?: string;
  /** The turn that it follows; "": none. */
  readonly parentTurnId?: string;
  /** Which it is of the turns that follow the same one, from 0; absent where there is no other. */
  readonly branch?: { readonly index: number; readonly count: number; readonly turnIds: readonly string[] };
  readonly text: string;
  /** The picture itself stays in the engine (`ChatEngine.image`), so that state remains small enough to be copied. */
  readonly image?: SentImage;
  /** Their texts stay in the engine as well. */
  readonly files?: readonly SentFile[];
  readonly createdAtMs: number;
  readonly status: UserStatus;
}

/** Tokens of one answer. */
interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Something that the account wants the assistant to know in every chat. */
export interface Memory {
  readonly id: string;
  readonly text: string;
}

/** Likewise, below the answer to what was said. */
export interface RememberedText extends Memory {
  readonly forgotten?: boolean;
}

/** What Pipit answered. */
export interface AssistantMessage {
  readonly role: "assistant";
  readonly id: string;
  readonly turnId?: string;
  /** Id of the user message that this answers. */
  readonly replyTo: string;
  readonly parts: readonly MessagePart[];
  /** `interrupted`: the connection broke; the partial text stays until the repeated answer replaces it. */
  readonly status: "streaming" | "interrupted" | "done" | "cancelled" | "failed";
  readonly failure?: Failure;
  readonly usage?: Usage;
  readonly model?: string;
  /** What is remembered from now on of what the question said. */
  readonly remembered?: readonly RememberedText[];
  /** The answer came from the server's storage; the model was not asked again. */
  readonly replayed: boolean;
  readonly createdAtMs: number;
}

/** One bubble. */
export type Message = UserMessage | AssistantMessage;

/** Everything a face shows of one chat; plain data that may cross a process boundary. */
export interface ChatState {
  /** Absent until the server has named the chat. */
  readonly chatId?: string;
  readonly title?: string;
  readonly messages: readonly Message[];
  /** The server keeps this chat for a day, and out of every list. */
  readonly temporary?: true;
  /** The project that the chat is in, or will be when the server has made it. */
  readonly projectId?: string;
  /** Newer messages of the chat are not among them. */
  readonly cut?: true;
  readonly connection: "unknown" | "online" | "offline";
  /** Messages of all chats that wait in the outbox, without those being answered now. */
  readonly queuedCount: number;
  /** User message of this chat that is being sent or answered now. */
  readonly activeMessageId?: string;
  /** Whether new questions ask for a spoken answer. */
  readonly speak: boolean;
  /** A voice can be heard now. */
  readonly speaking: boolean;
  /** Whether history tools may read all chats, not only this one. */
  readonly searchAllChats: boolean;
}

/** The state before anything happened. */
export const initialChatState: ChatState = {
  messages: [],
  connection: "unknown",
  queuedCount: 0,
  speak: true,
  speaking: false,
  searchAllChats: false,
};

/** The text of an answer, its text parts joined. Linear in the answer's length: not for every delta. */
export function answerText(message: AssistantMessage): string {
  return message.parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}
