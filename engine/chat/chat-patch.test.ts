import { describe, expect, test } from "vitest";
import {
  initialChatState,
  type AssistantMessage,
  type ChatState,
  type Message,
  type UserMessage,
} from "#contract/chat-state.ts";
import { createRandom } from "#engine/testing/faulty-server.ts";
import { applyChatPatch, diffChat } from "./chat-patch.ts";

function user(id: string): UserMessage {
  return { role: "user", id, text: `question ${id}`, createdAtMs: 1, status: { kind: "answered" } };
}
function answer(id: string, text = ""): AssistantMessage {
  return {
    role: "assistant",
    id,
    replyTo: id,
    parts: [{ kind: "text", text }],
    status: "streaming",
    replayed: false,
    createdAtMs: 1,
  };
}
function state(messages: readonly Message[], rest: Partial<ChatState> = {}): ChatState {
  return { ...initialChatState, ...rest, messages };
}

describe("the patch between two chat states", () => {
  test("of the same state is nothing", () => {
    const one = state([user("a")]);
    expect(diffChat(one, one)).toBeUndefined();
    expect(diffChat(one, { ...one })).toBeUndefined();
  });

  test("of a streamed token is that token, whatever the chat's length", () => {
    const old = Array.from({ length: 5_000 }, (_, index) => user(`u${index}`));
    const before = state([...old, answer("a", "Hello")]);
    const after = state([...old, answer("a", "Hello, world")]);
    expect(diffChat(before, after)).toEqual({ append: { index: 5_000, text: ", world" } });
  });

  test("of a text that did not grow but changed replaces the message", () => {
    const after = state([answer("a", "Other")]);
    expect(diffChat(state([answer("a", "Hello")]), after)).toEqual({
      splice: { from: 0, remove: 1, insert: after.messages },
    });
  });

  test("of a removal in the middle carries no message", () => {
    const [a, b, c] = [user("a"), user("b"), user("c")];
    expect(diffChat(state([a, b, c]), state([a, c]))).toEqual({ splice: { from: 1, remove: 1, insert: [] } });
  });

  test("takes away a field that is gone", () => {
    const before = state([], { title: "Trip", activeMessageId: "a" });
    const patch = diffChat(before, state([], { title: "Trip" }));
    expect(applyChatPatch(before, patch ?? {})).not.toHaveProperty("activeMessageId");
  });

  test("leads from any state to any other (500 random walks)", () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = createRandom(seed);
      let current = state([]);
      for (let step = 0; step < 20; step += 1) {
        const next = mutate(current, random, `${seed}-${step}`);
        const patch = diffChat(current, next);
        const applied = patch === undefined ? current : applyChatPatch(current, structuredClone(patch));
        expect(applied).toEqual(next);
        current = next;
      }
    }
  });
});

function mutate(from: ChatState, random: () => number, id: string): ChatState {
  const messages = [...from.messages];
  const at = Math.floor(random() * messages.length);
  const chosen = messages[at];
  const kind = Math.floor(random() * 6);
  if (kind === 0) messages.push(user(id));
  else if (kind === 1) messages.push(answer(id, "x"));
  else if (kind === 2 && chosen?.role === "assistant") messages[at] = { ...chosen, parts: grow(chosen) };
  else if (kind === 3) messages.splice(at, 1 + Math.floor(random() * 2));
  else if (kind === 4 && chosen?.role === "user") messages[at] = { ...chosen, status: { kind: "sending" } };
  else
    return {
      ...from,
      queuedCount: from.queuedCount + Math.floor(random() * 2),
      ...(random() < 0.5 ? { title: id } : {}),
    };
  return { ...from, messages };
}

function grow(message: AssistantMessage): AssistantMessage["parts"] {
  const last = message.parts.at(-1);
  const text = last?.kind === "text" ? last.text : "";
  return [...message.parts.slice(0, -1), { kind: "text", text: `${text} more` }];
}
