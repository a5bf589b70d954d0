import { describe, expect, test } from "vitest";
import { createStore } from "zustand/vanilla";
import { initialChatState, type ChatState, type Message } from "#contract/chat-state.ts";
import { createShownList, rowKey, stepTowards, type Shown } from "./shown-messages.ts";

const message = (id: string): Message => ({
  role: "user",
  id,
  text: id,
  createdAtMs: 0,
  status: { kind: "answered" },
});
const list = (...ids: readonly string[]) => ids.map(message);
const ids = (messages: readonly Message[]) => messages.map(({ id }) => id).join("");
const shownOf = (...names: readonly string[]): Shown => ({
  messages: list(...names),
  shift: false,
  generation: 0,
});

describe("a step from one list of messages to another", () => {
  test("adds at the end at once", () => {
    const step = stepTowards(shownOf("a"), list("a", "b"), rowKey);
    expect([ids(step.messages), step.shift, step.generation]).toEqual(["ab", false, 0]);
  });

  test("drops the start first, and counts from the end while it does", () => {
    const first = stepTowards(shownOf("a", "b", "c"), list("b", "c", "d"), rowKey);
    expect([ids(first.messages), first.shift]).toEqual(["bc", true]);
    const second = stepTowards(first, list("b", "c", "d"), rowKey);
    expect([ids(second.messages), second.shift]).toEqual(["bcd", false]);
  });

  test("adds older messages before newer ones", () => {
    const step = stepTowards(shownOf("c"), list("a", "b", "c", "d"), rowKey);
    expect([ids(step.messages), step.shift]).toEqual(["abc", true]);
  });

  test("takes another chat as another list", () => {
    const step = stepTowards(shownOf("a"), list("x"), rowKey);
    expect([ids(step.messages), step.shift, step.generation]).toEqual(["x", false, 1]);
  });
});

describe("the shown messages", () => {
  function setUp() {
    const chat = createStore<ChatState>(() => ({ ...initialChatState, messages: list("a") }));
    const waiting: (() => void)[] = [];
    const shown = createShownList(
      { items: () => chat.getState().messages, subscribe: chat.subscribe, keyOf: rowKey },
      {
        next: (work) => {
          waiting.push(work);
          return () => waiting.splice(waiting.indexOf(work), 1);
        },
        commit: (change) => change(),
      },
    );
    return { chat, waiting, shown };
  }

  test("change once per frame, however often the chat does", () => {
    const { chat, waiting, shown } = setUp();
    const seen: string[] = [];
    shown.subscribe(() => seen.push(ids(shown.getState().messages)));
    chat.setState({ messages: list("a", "b") });
    chat.setState({ messages: list("a", "b", "c") });
    expect(seen).toEqual([]);
    expect(waiting).toHaveLength(1);
    waiting.shift()?.();
    expect(seen).toEqual(["abc"]);
    expect(shown.getState().messages).toBe(chat.getState().messages);
  });

  test("do not ask for a frame when only other parts of the chat change", () => {
    const { chat, waiting, shown } = setUp();
    shown.subscribe(() => undefined);
    chat.setState({ queuedCount: 3 });
    expect(waiting).toHaveLength(0);
  });

  test("leave nothing waiting when nobody looks", () => {
    const { chat, waiting, shown } = setUp();
    const stop = shown.subscribe(() => undefined);
    chat.setState({ messages: list("a", "b") });
    stop();
    expect(waiting).toHaveLength(0);
  });
});
