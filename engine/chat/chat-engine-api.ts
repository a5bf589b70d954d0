import type { AttachedFile } from "#contract/attached-file.ts";
import type { ChatSummary } from "#contract/chat-history.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Logger } from "#contract/logger.ts";
import type { AskServer, Clock, Outbox, Speaker } from "#engine/ports.ts";
import type { SignInState } from "#engine/session/session-api.ts";
import type { MemoryChange } from "./answer.ts";
import type { ChatHistory } from "./branches.ts";
import type { NewChatKind } from "./delivery.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { ChatState, Failure, Message } from "#contract/chat-state.ts";

/** What of a stored chat is on show, where it is not all of a lasting one. */
interface OpenedKind extends Pick<ChatState, "cut" | "temporary"> {
  /** Undefined: it is in none. Absent: in the one that it was in. */
  readonly projectId?: string | undefined;
}

/** What a host gives {@link ChatEngine}; the host disposes of its wire and speaker itself, after the engine. */
export interface ChatEngineDeps {
  readonly ask: AskServer;
  readonly history: ChatHistory;
  readonly session: SignInState;
  readonly outbox: Outbox;
  /** Absent: audio goes to `onEvent` only. */
  readonly speaker?: Speaker;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hardwareId: string;
  /** BCP 47. */
  readonly locale: string;
  /** Makes a UUIDv7. */
  readonly newId: () => string;
  /** Uniform in [0, 1), for retry jitter. */
  readonly random: () => number;
  readonly options?: ChatEngineOptions;
}

/** Settings at the start. */
interface ChatEngineOptions {
  /** Messages kept in the state; HISTORY_MAX_MESSAGES (200) unless set. Unsent messages are kept beyond it. */
  readonly maxMessages?: number;
  readonly speak?: boolean;
  readonly searchAllChats?: boolean;
  readonly model?: string;
}

/** One question. */
export interface Draft {
  readonly text: string;
  readonly image?: ScreenImage;
  readonly files?: readonly AttachedFile[];
  /** Overrides `ChatState.speak` for this message. */
  readonly speak?: boolean;
  /** Turn that it follows; "" for a first one, absent: the newest of the chat. */
  readonly parentTurnId?: string;
}

/** A raw event of an answer, for printing (`--json`) and recording. */
export interface EngineEvent {
  /** The question's `client_message_id`. */
  readonly messageId: string;
  readonly chatId?: string;
  /** 1 for the first attempt of this process; a higher number repeats the answer from its beginning. */
  readonly attempt: number;
  readonly event: ChatEvent;
}

/** What became of a question, in whichever chat, when nothing more happens to it by itself. */
export interface Settled {
  /** Its `client_message_id`. */
  readonly messageId: string;
  /** Absent while the server has not named the chat. */
  readonly chatId?: string;
  /** The question. */
  readonly text: string;
  /** `waits`: for the person to sign in. */
  readonly end:
    | { readonly kind: "answered" | "waits" }
    | { readonly kind: "failed"; readonly failure: Failure };
}

/**
 * Turns questions into answers: one per host, shared by all its windows.
 *
 * All methods that take an id throw PipitError INVALID_REQUEST for an id that is neither in the state nor in the outbox.
 */
export interface ChatEngine extends AsyncDisposable {
  readonly store: ReadonlyStore<ChatState>;
  /**
   * Queues a question and resolves to its `client_message_id` once it is safe in the outbox; the answer follows in the
   * state. A composer must clear itself only when this has resolved.
   *
   * @throws PipitError PROMPT_EMPTY, PROMPT_TOO_LONG, SCREENSHOT_TOO_LARGE, SCREENSHOT_INVALID, what {@link checkFiles}
   *   throws (each with `field`), SIGNED_OUT (nothing is stored: the outbox is kept per account; the caller still has the text), or what the outbox throws
   *   (STORAGE_FULL). In each case nothing was queued or shown.
   */
  send(draft: Draft): Promise<string>;
  /** Stops the running answer of the shown chat (and the voice). The partial text stays. Nothing running: only the voice. */
  cancel(): Promise<void>;
  /**
   * Asks the question of this message (question or answer) again, as a new message beside it: the old exchange and what
   * follows it leave the view and are kept on the server. One that is not answered is replaced.
   */
  regenerate(messageId: string): Promise<string>;
  /** Like regenerate, with another text; picture and files, if any, are kept. */
  editAndResend(messageId: string, text: string): Promise<string>;
  /**
   * Shows another one of the questions that stand at the place of this message, with what follows it.
   *
   * @param index of `UserMessage.branch`, from 0
   * @throws PipitError INVALID_REQUEST also while an answer of this chat is on its way
   */
  switchBranch(messageId: string, index: number): Promise<void>;
  /** Sends a parked (`failed`) or cancelled question again under its own id, or a waiting one at once. */
  retry(messageId: string): Promise<void>;
  /** Sets a waiting question aside (`failed`, CANCELLED), so that the next one of its chat goes. */
  park(messageId: string): Promise<void>;
  /** Drops a question that is not answered, stopping it if it is being answered. */
  discard(messageId: string): Promise<void>;
  /** Drops every question of the account that waits (`queuedCount`), in whichever chat. One that is on its way goes on. */
  discardWaiting(): Promise<void>;
  /**
   * Deletes an exchange in outbox, view and on the server; what followed it follows the one before.
   *
   * @returns whether `undoDelete` can bring it back
   */
  deleteMessage(messageId: string): Promise<boolean>;
  /**
   * Brings the exchange back that was deleted last.
   *
   * @throws PipitError CHAT_NOT_FOUND after 10 s
   */
  undoDelete(): Promise<void>;
  /** Switches speech for new questions; off also stops what is being spoken. On tries a failed speaker again. */
  setSpeak(on: boolean): void;
  /** Lets history tools read all chats. */
  setSearchAllChats(on: boolean): void;
  /** The model of {@link setModel}. */
  readonly model: string | undefined;
  /** Asks this model from now on, which each chat keeps; undefined: the chosen one, else the server's own choice. */
  setModel(model: string | undefined): void;
  /** Keeps this many messages in the state from now on; fewer takes the oldest out at once, unsent ones never. */
  setMaxMessages(maxMessages: number): void;
  /** Silence now; the text goes on. */
  stopSpeaking(): Promise<void>;
  /** Shows an empty chat. Answers of the old one go on in the background. */
  newChat(kind?: NewChatKind): void;
  /** Shows a stored chat; its unsent messages are added below. */
  openChat(chatId: string, messages: readonly Message[], title?: string, kind?: OpenedKind): void;
  /** Shows what the server has now of a chat, if it is shown; once it can be reached. Never throws. */
  refresh(chatId: string): Promise<void>;
  /** A chat was renamed or moved; where it is not shown, nothing happens. */
  describeChat(chat: Pick<ChatSummary, "id" | "title" | "projectId">): void;
  /** A memory was edited, forgotten or brought back; where it does not stand below an answer, nothing happens. */
  changeMemory(memoryId: string, change: MemoryChange): void;
  /**
   * Takes up the outbox: after start, after a network change, after wake-up. Waiting messages are sent at once, oldest
   * first. With an empty, unnamed chat on show, the chat of the newest waiting message is shown.
   */
  resume(): Promise<void>;
  /** The picture of a message: from memory, the outbox, or the server. Throws what the server's history throws. */
  image(messageId: string): Promise<ScreenImage | undefined>;
  /** The files of a message, likewise. */
  files(messageId: string): Promise<readonly AttachedFile[] | undefined>;
  /** Every event of every answer as it comes, before the state shows it. Returns the unsubscriber. */
  onEvent(listener: (event: EngineEvent) => void): () => void;
  /** Every question that is settled here, once per try; not those that the person stopped. Returns the unsubscriber. */
  onSettled(listener: (settled: Settled) => void): () => void;
  /**
   * Resolves when nothing is being sent or answered: each message is settled, or waits (status `queued`) for the
   * network, a later try, a sign-in, or the other program that sends for its chat.
   */
  idle(): Promise<void>;
  /** Resolves when all speech so far has been heard, or speech was stopped. */
  spoken(signal: AbortSignal): Promise<void>;
}
