import type { AssistantMessage, Message, UserMessage } from "#contract/chat-state.ts";

/** Messages for scenes and tests. */
export function question(id: string, text: string, rest: Partial<UserMessage> = {}): UserMessage {
  return { role: "user", id, text, createdAtMs: 1_790_000_000_000, status: { kind: "answered" }, ...rest };
}

export function answer(
  id: string,
  replyTo: string,
  text: string,
  rest: Partial<AssistantMessage> = {},
): AssistantMessage {
  return {
    role: "assistant",
    id,
    replyTo,
    parts: [{ kind: "text", text }],
    status: "done",
    replayed: false,
    createdAtMs: 1_790_000_000_000,
    ...rest,
  };
}

/** `count` messages, question and answer in turn. */
export function longChat(count: number): readonly Message[] {
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? question(`m${index}`, `Question number ${index}`)
      : answer(`m${index}`, `m${index - 1}`, `Answer number ${index} with some **bold** text and \`code\`.`),
  );
}
