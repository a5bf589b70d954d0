import type { ChatEvent } from "#contract/chat-event.ts";
import type { AssistantMessage, Message, MessagePart, RememberedText } from "#contract/chat-state.ts";

/** Events that become a part of the answer. */
export type ContentEvent = Extract<ChatEvent, { type: "text" | "reasoning" | "tool" | "notice" | "usage" }>;

/** What a person does to a memory. */
export type MemoryChange = Pick<RememberedText, "text"> | Required<Pick<RememberedText, "forgotten">>;

/** An answer of which nothing has come yet. Its id is derived, so that a repeated answer keeps its place on the screen. */
export function newAnswer(replyTo: string, nowMs: number): AssistantMessage {
  return {
    role: "assistant",
    id: `${replyTo}/answer`,
    replyTo,
    parts: [],
    status: "streaming",
    replayed: false,
    createdAtMs: nowMs,
  };
}

/**
 * Adds an event to an answer. The first content after a broken connection, or after its end, replaces what had come
 * before: the server sends a repeated answer from its beginning.
 */
export function applyContent(answer: AssistantMessage, event: ContentEvent): AssistantMessage {
  const fresh = answer.status === "streaming" ? answer : restarted(answer);
  if (event.type === "usage") {
    const { inputTokens, outputTokens, model } = event;
    return { ...fresh, usage: { inputTokens, outputTokens }, model };
  }
  return { ...fresh, parts: addPart(fresh.parts, event) };
}

/** The whole answer has come. */
export function closeAnswer(answer: AssistantMessage): AssistantMessage {
  return { ...(answer.status === "interrupted" ? restarted(answer) : answer), status: "done" };
}

/** Adds a notice of our own, without taking it for the beginning of a repeated answer. */
export function addNotice(answer: AssistantMessage, code: string, text: string): AssistantMessage {
  return { ...answer, parts: addPart(answer.parts, { type: "notice", code, text }) };
}

function restarted(answer: AssistantMessage): AssistantMessage {
  const { failure: _failure, usage: _usage, model: _model, ...kept } = answer;
  return { ...kept, parts: [], status: "streaming" };
}

function addPart(
  parts: readonly MessagePart[],
  event: Exclude<ContentEvent, { type: "usage" }>,
): readonly MessagePart[] {
  switch (event.type) {
    case "text":
      return addText(parts, "text", event.text);
    case "reasoning":
      return addText(event.takesText ? textAsReasoning(parts) : parts, "reasoning", event.text);
    case "tool": {
      const { callId, name, state, summary } = event;
      const part: MessagePart = { kind: "tool", callId, name, state, summary };
      const at = parts.findLastIndex((other) => other.kind === "tool" && other.callId === callId);
      return at === -1 ? [...parts, part] : parts.with(at, part);
    }
    case "notice": {
      const { code, text } = event;
      const said = parts.some((part) => part.kind === "notice" && part.code === code && part.text === text);
      return said ? parts : [...parts, { kind: "notice", code, text }];
    }
  }
}

function addText(
  parts: readonly MessagePart[],
  kind: "text" | "reasoning",
  text: string,
): readonly MessagePart[] {
  if (text === "") return parts;
  const last = parts.at(-1);
  // V8 joins strings as ropes: adding to a 2 MB text costs the same as adding to an empty one (reducer.test.ts).
  return last?.kind === kind
    ? parts.with(parts.length - 1, { kind, text: last.text + text })
    : [...parts, { kind, text }];
}

/** The text since the last tool call becomes reasoning: its end was marked, its beginning was not. */
function textAsReasoning(parts: readonly MessagePart[]): readonly MessagePart[] {
  const from = parts.findLastIndex((part) => part.kind === "tool") + 1;
  return parts.map((part, at) =>
    at >= from && part.kind === "text" ? { ...part, kind: "reasoning" } : part,
  );
}

/** A memory stands once below the answer to the question that it is of, whichever answer told it. */
export function withMemory(
  messages: readonly Message[],
  { turnId, memoryId: id, text }: ChatEvent & { type: "remembered" },
): readonly Message[] {
  return messages.map((message) => {
    if (message.role !== "assistant" || message.turnId !== turnId) return message;
    const { remembered = [] } = message;
    return remembered.some((known) => known.id === id)
      ? message
      : { ...message, remembered: [...remembered, { id, text }] };
  });
}

export function withChangedMemory(
  messages: readonly Message[],
  id: string,
  change: MemoryChange,
): readonly Message[] {
  return messages.map((message) => {
    if (message.role !== "assistant" || !message.remembered?.some((known) => known.id === id)) return message;
    const remembered = message.remembered.map((known) => (known.id === id ? { ...known, ...change } : known));
    return { ...message, remembered };
  });
}
