import { describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { reduceChat, type ChatAction } from "./reducer.ts";
import {
  answerText,
  initialChatState,
  type AssistantMessage,
  type ChatState,
  type Message,
} from "#contract/chat-state.ts";

const question = (id: string, text = id): Message & { role: "user" } => ({
  role: "user",
  id,
  text,
  createdAtMs: 1,
  status: { kind: "queued" },
});
const composed = (id: string): ChatAction => ({ type: "composed", message: question(id) });
const event = (id: string, chatEvent: ChatEvent): ChatAction => ({
  type: "event",
  id,
  event: chatEvent,
  nowMs: 2,
});
const text = (id: string, value: string) => event(id, { type: "text", text: value });
const turn = (id: string, turnId = `turn-${id}`, replayed = false) =>
  event(id, { type: "turn", chatId: "chat", turnId, replayed });
const end = (id: string) => event(id, { type: "end" });
const failure = { code: "SERVER_UNREACHABLE", message: "No server.", retryable: true } as const;

function run(...actions: ChatAction[]): ChatState {
  return actions.reduce((state, action) => reduceChat(state, action), initialChatState);
}
function answer(state: ChatState): AssistantMessage {
  const message = state.messages.findLast((other) => other.role === "assistant");
  if (message?.role !== "assistant") throw new Error("there is no answer");
  return message;
}
function history(count: number): Message[] {
  return Array.from({ length: count }, (_, index): Message => {
    const id = `h${index}`;
    if (index % 2 === 0) return { ...question(id), status: { kind: "answered" } };
    const parts = [{ kind: "text", text: id }] as const;
    return {
      role: "assistant",
      id,
      replyTo: `h${index - 1}`,
      parts,
      status: "done",
      replayed: true,
      createdAtMs: 1,
    };
  });
}

describe("an answer", () => {
  test("goes from queued through streaming to answered", () => {
    let state = run(composed("a"));
    expect(state.messages).toMatchObject([{ id: "a", status: { kind: "queued" } }]);
    state = reduceChat(state, { type: "sending", id: "a" });
    expect(state).toMatchObject({ activeMessageId: "a", messages: [{ status: { kind: "sending" } }] });
    state = [turn("a"), text("a", "Hel"), text("a", "lo")].reduce(
      (s, action) => reduceChat(s, action),
      state,
    );
    expect(answer(state)).toMatchObject({ status: "streaming", turnId: "turn-a", replyTo: "a" });
    expect(answerText(answer(state))).toBe("Hello");
    state = reduceChat(state, end("a"));
    expect(state).toMatchObject({
      chatId: "chat",
      messages: [{ status: { kind: "answered" } }, { status: "done" }],
    });
    expect(state.activeMessageId).toBeUndefined();
  });

  test("keeps text, tools and notices in their order, and one part per tool call and per notice", () => {
    const tool = (state: "started" | "done") =>
      event("a", { type: "tool", callId: "c", name: "time", state, summary: state });
    const notice = event("a", { type: "notice", code: "NO_VOICE", text: "No voice." });
    const state = run(
      composed("a"),
      text("a", "1"),
      tool("started"),
      notice,
      notice,
      tool("done"),
      text("a", "2"),
    );
    expect(answer(state).parts).toEqual([
      { kind: "text", text: "1" },
      { kind: "tool", callId: "c", name: "time", state: "done", summary: "done" },
      { kind: "notice", code: "NO_VOICE", text: "No voice." },
      { kind: "text", text: "2" },
    ]);
  });

  test("F13: keeps reasoning apart, and moves the text since the last tool call when it turns out to be some", () => {
    const thought = (value: string, takesText = false) =>
      event("a", { type: "reasoning", text: value, takesText });
    const tool = event("a", { type: "tool", callId: "c", name: "time", state: "done", summary: "noon" });
    const state = run(
      composed("a"),
      thought("a"),
      thought("b"),
      text("a", "1"),
      tool,
      text("a", "c"),
      thought("d", true),
      text("a", "2"),
    );
    expect(answer(state).parts).toEqual([
      { kind: "reasoning", text: "ab" },
      { kind: "text", text: "1" },
      { kind: "tool", callId: "c", name: "time", state: "done", summary: "noon" },
      { kind: "reasoning", text: "cd" },
      { kind: "text", text: "2" },
    ]);
    expect(answerText(answer(state))).toBe("12");
  });

  test("takes title, usage and replayed; sound does not touch the state", () => {
    const state = run(
      composed("a"),
      turn("a", "t", true),
      event("a", { type: "title", title: "Birds" }),
      event("a", { type: "usage", inputTokens: 3, outputTokens: 4, model: "m" }),
    );
    expect(state.title).toBe("Birds");
    expect(answer(state)).toMatchObject({
      replayed: true,
      usage: { inputTokens: 3, outputTokens: 4 },
      model: "m",
    });
    expect(reduceChat(state, event("a", { type: "audio", pcm: new Uint8Array(2) }))).toBe(state);
    expect(reduceChat(state, event("a", { type: "title", title: "Birds" }))).toBe(state);
  });

  test("stands below its own question, also when more questions wait", () => {
    const state = run(composed("a"), composed("b"), text("a", "x"));
    expect(state.messages.map((message) => message.id)).toEqual(["a", "a/answer", "b"]);
  });

  test("of a broken connection stays until the repeated one replaces it, never doubled", () => {
    let state = run(composed("a"), { type: "sending", id: "a" }, turn("a"), text("a", "partial"));
    state = reduceChat(state, { type: "waiting", id: "a", reason: failure, nextTryAtMs: 9 });
    expect(answer(state)).toMatchObject({ status: "interrupted" });
    expect(state.messages[0]).toMatchObject({ status: { kind: "queued", reason: failure, nextTryAtMs: 9 } });
    state = [{ type: "sending", id: "a" } as const, turn("a", "turn-a", true)].reduce(
      (s, action) => reduceChat(s, action),
      state,
    );
    expect(answerText(answer(state))).toBe("partial");
    state = [text("a", "partial "), text("a", "and rest"), end("a")].reduce(
      (s, action) => reduceChat(s, action),
      state,
    );
    expect(answerText(answer(state))).toBe("partial and rest");
    expect(answer(state).status).toBe("done");
    expect(state.messages).toHaveLength(2);
  });

  test("that restarts within one series replaces its early notices too", () => {
    const notice = event("a", { type: "notice", code: "NO_VOICE", text: "No voice." });
    const state = run(
      composed("a"),
      { type: "sending", id: "a" },
      notice,
      { type: "sending", id: "a" },
      notice,
    );
    expect(answer(state).parts).toHaveLength(1);
    expect(answer(state).status).toBe("streaming");
  });

  test.each([
    { name: "failed", action: { type: "failed", id: "a", failure } as const },
    { name: "cancelled", action: { type: "cancelled", id: "a" } as const },
  ])("that is $name keeps what had come; an empty one disappears", ({ name, action }) => {
    const some = run(composed("a"), { type: "sending", id: "a" }, text("a", "half"), action);
    expect(some.messages[0]).toMatchObject({ status: { kind: name } });
    expect(answer(some)).toMatchObject({ status: name, parts: [{ text: "half" }] });
    expect(some.activeMessageId).toBeUndefined();
    const none = run(composed("a"), { type: "sending", id: "a" }, turn("a"), action);
    expect(none.messages.map((message) => message.id)).toEqual(["a"]);
  });

  test("gets a notice of ours even after its end, without losing a word", () => {
    const noticed = {
      type: "noticed",
      id: "a",
      code: "NO_SOUND_DEVICE",
      text: "No sound.",
      nowMs: 3,
    } as const;
    const state = run(composed("a"), text("a", "all"), end("a"), noticed);
    expect(answer(state)).toMatchObject({
      status: "done",
      parts: [{ text: "all" }, { code: "NO_SOUND_DEVICE" }],
    });
    expect(reduceChat(state, { ...noticed, id: "gone" })).toBe(state);
  });

  test("that history holds already under the server's ids is not shown twice", () => {
    const old: Message[] = [
      { ...question("41"), turnId: "t", status: { kind: "answered" } },
      {
        role: "assistant",
        id: "42",
        turnId: "t",
        replyTo: "41",
        parts: [],
        status: "done",
        replayed: true,
        createdAtMs: 1,
      },
    ];
    const state = run(
      { type: "opened", chatId: "chat", messages: old },
      composed("a"),
      turn("a", "t", true),
      text("a", "x"),
    );
    expect(state.messages.map((message) => message.id)).toEqual(["a", "a/answer"]);
  });

  test("to a question that has left the view changes nothing", () => {
    const state = run(composed("a"));
    expect(reduceChat(state, text("gone", "x"))).toBe(state);
    expect(reduceChat(state, { type: "removed", id: "gone" })).toBe(state);
  });
});

describe("the view", () => {
  test("removed takes question and answer away", () => {
    const state = run(composed("a"), text("a", "x"), end("a"), composed("b"), { type: "removed", id: "a" });
    expect(state.messages.map((message) => message.id)).toEqual(["b"]);
  });

  test("opening another chat replaces messages, title and chat id, and keeps the settings", () => {
    const before = run(
      { type: "changed", values: { speak: false, connection: "online" } },
      composed("a"),
      turn("a"),
    );
    const state = reduceChat(before, { type: "opened", messages: [] });
    expect(state).toEqual({ ...initialChatState, speak: false, connection: "online" });
    expect(reduceChat(state, { type: "opened", chatId: "c", title: "T", messages: [] })).toMatchObject({
      chatId: "c",
      title: "T",
    });
  });

  test("values that do not change give the same state", () => {
    const state = run({ type: "changed", values: { queuedCount: 2, searchAllChats: true } });
    expect(state).toMatchObject({ queuedCount: 2, searchAllChats: true });
    expect(reduceChat(state, { type: "changed", values: { queuedCount: 2 } })).toBe(state);
  });

  test("keeps the last messages, but every unsent one", () => {
    const opened = reduceChat(initialChatState, { type: "opened", messages: history(1000) });
    expect(opened.messages).toHaveLength(200);
    expect(opened.messages.at(-1)?.id).toBe("h999");
    let state = initialChatState;
    for (let index = 0; index < 30; index += 1) state = reduceChat(state, composed(`q${index}`), 10);
    expect(state.messages).toHaveLength(30);
    expect(reduceChat(opened, composed("new"), 200).messages).toHaveLength(200);
  });

  test("does not touch other messages on a delta", () => {
    const before = [composed("a"), text("a", "x")].reduce(
      (state, action) => reduceChat(state, action),
      reduceChat(initialChatState, { type: "opened", messages: history(100) }),
    );
    const after = reduceChat(before, text("a", "y"));
    expect(after.messages.slice(0, -1).every((message, index) => message === before.messages[index])).toBe(
      true,
    );
    expect(after.messages.at(-1)).not.toBe(before.messages.at(-1));
  });
});

describe("speed", () => {
  /** Median of several runs, so that a busy machine does not decide. */
  function medianMs(work: () => void): number {
    const times = Array.from({ length: 7 }, () => {
      const startMs = performance.now();
      work();
      return performance.now() - startMs;
    });
    return times.toSorted((a, b) => a - b)[3] ?? 0;
  }
  function stream(state: ChatState, deltas: number, delta: ChatAction): ChatState {
    let next = state;
    for (let index = 0; index < deltas; index += 1) next = reduceChat(next, delta);
    return next;
  }

  test("300 deltas cost far less than a second of anything, however much history was loaded", () => {
    const start = (count: number) =>
      reduceChat(reduceChat(initialChatState, { type: "opened", messages: history(count) }), composed("a"));
    const delta = text("a", "token ");
    const fresh = medianMs(() => stream(start(0), 300, delta));
    const loaded = start(10_000);
    const long = medianMs(() => stream(loaded, 300, delta));
    expect(loaded.messages).toHaveLength(200);
    expect(fresh).toBeLessThan(50);
    expect(long).toBeLessThan(50);
  });

  test("a 2 MB answer costs the same per delta at its end as at its beginning", () => {
    const delta = text("a", "12345 ");
    const start = reduceChat(initialChatState, composed("a"));
    const big = stream(start, 350_000, delta);
    expect(answerText(answer(big)).length).toBeGreaterThan(2 * 1024 * 1024);
    const early = medianMs(() => stream(start, 3000, delta));
    const late = medianMs(() => stream(big, 3000, delta));
    expect(late).toBeLessThan(Math.max(early * 5, 20));
  });
});
