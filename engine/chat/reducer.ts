import { HISTORY_MAX_MESSAGES } from "#contract/limits.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import {
  addNotice,
  applyContent,
  closeAnswer,
  newAnswer,
  withChangedMemory,
  withMemory,
  type MemoryChange,
} from "./answer.ts";
import { answerAt, compose, named } from "./shown-path.ts";
import type {
  AssistantMessage,
  ChatState,
  Failure,
  Message,
  UserMessage,
  UserStatus,
} from "#contract/chat-state.ts";

/** Everything that can happen to a chat. `id` is the user message's id. */
export type ChatAction =
  /** Another chat (or an empty one) is shown. */
  | {
      readonly type: "opened";
      readonly chatId?: string;
      readonly title?: string;
      readonly messages: readonly Message[];
      readonly temporary?: true;
      readonly projectId?: string | undefined;
      readonly cut?: true;
    }
  /** A question that is to be sent, or set aside. */
  | { readonly type: "composed"; readonly message: UserMessage }
  /** An attempt begins. The text of an earlier attempt stays on the screen until this one has some. */
  | { readonly type: "sending"; readonly id: string }
  /** An attempt failed; the message stays in the outbox. */
  | {
      readonly type: "waiting";
      readonly id: string;
      readonly reason?: Failure;
      readonly nextTryAtMs?: number;
      readonly elsewhere?: true;
    }
  | { readonly type: "event"; readonly id: string; readonly event: ChatEvent; readonly nowMs: number }
  /** Something to tell that does not come from the server. */
  | {
      readonly type: "noticed";
      readonly id: string;
      readonly code: string;
      readonly text: string;
      readonly nowMs: number;
    }
  | { readonly type: "failed"; readonly id: string; readonly failure: Failure }
  | { readonly type: "cancelled"; readonly id: string }
  /** The exchange leaves the view: deleted, discarded, or about to be asked again. */
  | { readonly type: "removed"; readonly id: string }
  /** The chat may have another title, and be in another project or in none. */
  | { readonly type: "described"; readonly title: string; readonly projectId: string | undefined }
  /** What is remembered of a question has another text, or is forgotten; `id` is the memory's. */
  | { readonly type: "memory"; readonly id: string; readonly change: MemoryChange }
  /** The limit of messages may have changed. */
  | { readonly type: "limited" }
  /** A value that does not belong to one message. */
  | { readonly type: "changed"; readonly values: Partial<ChatValues> };

/** The parts of the state that are not of one message or chat. */
export type ChatValues = Pick<
  ChatState,
  "connection" | "queuedCount" | "speak" | "speaking" | "searchAllChats"
>;

/**
 * The next state; the same object when nothing changes. A streaming delta copies the list of at most `maxMessages`
 * references and replaces the last message, nothing else: its cost does not depend on the chat's length.
 *
 * @param maxMessages oldest settled messages beyond this number leave the state; unsent ones never do
 */
export function reduceChat(
  state: ChatState,
  action: ChatAction,
  maxMessages: number = HISTORY_MAX_MESSAGES,
): ChatState {
  switch (action.type) {
    case "opened":
      return open(state, action, maxMessages);
    case "described":
      return describe(state, action);
    case "memory":
      return { ...state, messages: withChangedMemory(state.messages, action.id, action.change) };
    case "composed":
      return { ...state, messages: trim(compose(state.messages, action.message), maxMessages) };
    case "sending":
      return sending(state, action.id);
    case "waiting":
      return waiting(state, action);
    case "event":
      return applyEvent(state, action, maxMessages);
    case "noticed":
      return noticed(state, action);
    case "failed":
      return settle(state, action.id, { kind: "failed", failure: action.failure });
    case "cancelled":
      return settle(state, action.id, { kind: "cancelled" });
    case "removed":
      return remove(state, action.id);
    case "limited":
      return limited(state, maxMessages);
    case "changed":
      return withValues(state, action.values);
    default:
      return assertNever(action);
  }
}

/** Makes the compiler prove that a switch is exhaustive. */
function assertNever(value: never): never {
  throw new TypeError(`Unhandled chat action: ${JSON.stringify(value)}`);
}

function describe(state: ChatState, { title, projectId }: ChatAction & { type: "described" }): ChatState {
  if (state.title === title && state.projectId === projectId) return state;
  const { projectId: _, ...rest } = state;
  return { ...rest, title, ...(projectId !== undefined && { projectId }) };
}

function limited(state: ChatState, maxMessages: number): ChatState {
  const messages = trim(state.messages, maxMessages);
  return messages === state.messages ? state : { ...state, messages };
}

function withValues(state: ChatState, values: Partial<ChatValues>): ChatState {
  const next = { ...state, ...values };
  const { connection, queuedCount, speak, speaking, searchAllChats } = next;
  const same =
    connection === state.connection &&
    queuedCount === state.queuedCount &&
    speak === state.speak &&
    speaking === state.speaking &&
    searchAllChats === state.searchAllChats;
  return same ? state : next;
}

function open(state: ChatState, action: ChatAction & { type: "opened" }, maxMessages: number): ChatState {
  const { speak, speaking, searchAllChats, connection, queuedCount } = state;
  const active = action.messages.findLast(
    (message) => message.role === "user" && message.status.kind === "sending",
  );
  return {
    speak,
    speaking,
    searchAllChats,
    connection,
    queuedCount,
    messages: trim(action.messages, maxMessages),
    ...(action.chatId === undefined ? {} : { chatId: action.chatId }),
    ...(action.title === undefined ? {} : { title: action.title }),
    ...(action.temporary === undefined ? {} : { temporary: action.temporary }),
    ...(action.projectId === undefined ? {} : { projectId: action.projectId }),
    ...(action.cut === undefined ? {} : { cut: action.cut }),
    ...(active === undefined ? {} : { activeMessageId: active.id }),
  };
}

/** Drops settled messages from the front. A question still on its way stops that: it must remain visible. */
function trim(messages: readonly Message[], maxMessages: number): readonly Message[] {
  let start = 0;
  while (messages.length - start > maxMessages && isSettled(messages[start])) start += 1;
  return start === 0 ? messages : messages.slice(start);
}

function isSettled(message: Message | undefined): boolean {
  if (message === undefined) return false;
  if (message.role === "user") return message.status.kind !== "queued" && message.status.kind !== "sending";
  return message.status !== "streaming" && message.status !== "interrupted";
}

/** Searched from the end, where everything happens; at most the unsent messages lie behind. */
function userIndex(messages: readonly Message[], id: string): number {
  return messages.findLastIndex((message) => message.role === "user" && message.id === id);
}

function setStatus(state: ChatState, id: string, status: UserStatus): ChatState {
  const at = userIndex(state.messages, id);
  const message = state.messages[at];
  if (message?.role !== "user") return state;
  return { ...state, messages: state.messages.with(at, { ...message, status }) };
}

function withoutActive(state: ChatState, id: string): ChatState {
  if (state.activeMessageId !== id) return state;
  const { activeMessageId: _active, ...rest } = state;
  return rest;
}

function sending(state: ChatState, id: string): ChatState {
  const asked = endAnswer(setStatus(state, id, { kind: "sending" }), id, "interrupted");
  return { ...asked, activeMessageId: id };
}

function waiting(state: ChatState, action: ChatAction & { type: "waiting" }): ChatState {
  const status: UserStatus = {
    kind: "queued",
    ...(action.reason === undefined ? {} : { reason: action.reason }),
    ...(action.nextTryAtMs === undefined ? {} : { nextTryAtMs: action.nextTryAtMs }),
    ...(action.elsewhere === undefined ? {} : { elsewhere: action.elsewhere }),
  };
  return withoutActive(endAnswer(setStatus(state, action.id, status), action.id, "interrupted"), action.id);
}

function settle(
  state: ChatState,
  id: string,
  status: UserStatus & { kind: "failed" | "cancelled" },
): ChatState {
  const failure = status.kind === "failed" ? status.failure : undefined;
  return withoutActive(endAnswer(setStatus(state, id, status), id, status.kind, failure), id);
}

/** Ends an unfinished answer; one without any content disappears, as there is nothing to keep. */
function endAnswer(
  state: ChatState,
  id: string,
  status: "interrupted" | "failed" | "cancelled",
  failure?: Failure,
): ChatState {
  const at = userIndex(state.messages, id);
  const answer = answerAt(state.messages, at);
  if (answer === undefined || answer.status === "done") return state;
  if (answer.parts.length === 0) return { ...state, messages: state.messages.toSpliced(at + 1, 1) };
  const ended: AssistantMessage = { ...answer, status, ...(failure === undefined ? {} : { failure }) };
  return { ...state, messages: state.messages.with(at + 1, ended) };
}

function remove(state: ChatState, id: string): ChatState {
  const at = userIndex(state.messages, id);
  if (at === -1) return state;
  const count = answerAt(state.messages, at) === undefined ? 1 : 2;
  return withoutActive({ ...state, messages: state.messages.toSpliced(at, count) }, id);
}

function applyEvent(
  state: ChatState,
  action: ChatAction & { type: "event" },
  maxMessages: number,
): ChatState {
  const { event, id } = action;
  // Sound goes to the speaker, not through the state.
  if (event.type === "audio") return state;
  if (event.type === "title") return state.title === event.title ? state : { ...state, title: event.title };
  if (event.type === "remembered") return { ...state, messages: withMemory(state.messages, event) };
  const at = userIndex(state.messages, id);
  if (at === -1) return state;
  if (event.type === "turn") return applyTurn(state, at, event, action.nowMs, maxMessages);
  if (event.type === "end") return applyEnd(state, at, action);
  const messages = withAnswer(state.messages, at, action.nowMs, (answer) => applyContent(answer, event));
  return { ...state, messages: trim(messages, maxMessages) };
}

function noticed(state: ChatState, action: ChatAction & { type: "noticed" }): ChatState {
  const at = userIndex(state.messages, action.id);
  if (at === -1) return state;
  const { nowMs, code, text } = action;
  return {
    ...state,
    messages: withAnswer(state.messages, at, nowMs, (answer) => addNotice(answer, code, text)),
  };
}

/** Changes the answer of the question at `at`, making it first if need be. */
function withAnswer(
  messages: readonly Message[],
  at: number,
  nowMs: number,
  change: (answer: AssistantMessage) => AssistantMessage,
): readonly Message[] {
  const answer = answerAt(messages, at);
  if (answer !== undefined) return messages.with(at + 1, change(answer));
  const id = messages[at]?.id ?? "";
  return messages.toSpliced(at + 1, 0, change(newAnswer(id, nowMs)));
}

function applyTurn(
  state: ChatState,
  at: number,
  event: ChatEvent & { type: "turn" },
  nowMs: number,
  maxMessages: number,
): ChatState {
  const { turnId, chatId, replayed } = event;
  const question = state.messages[at];
  if (question?.role !== "user") return state;
  const asked = named(state.messages, at, event);
  const now = userIndex(asked, question.id);
  const answered = withAnswer(asked, now, nowMs, (answer) => ({ ...answer, turnId, replayed }));
  // A chat opened from history may hold this very turn already, under another id.
  const messages = answered.filter(
    (message) => message.turnId !== turnId || message.id === question.id || isAnswerOf(message, question.id),
  );
  return { ...state, chatId, messages: trim(messages, maxMessages) };
}

function isAnswerOf(message: Message, id: string): boolean {
  return message.role === "assistant" && message.replyTo === id;
}

function applyEnd(state: ChatState, at: number, action: ChatAction & { type: "event" }): ChatState {
  const messages = withAnswer(state.messages, at, action.nowMs, closeAnswer);
  return withoutActive(setStatus({ ...state, messages }, action.id, { kind: "answered" }), action.id);
}
