import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ChatPatch } from "#contract/patches/chat-patch.ts";
import { initialChatState, type AssistantMessage, type ChatState } from "#contract/chat-state.ts";
import { applyChatPatch, diffChat } from "#engine/chat/chat-patch.ts";
import { createStateFeed, type StateFeed } from "./state-feed.ts";

const answer: AssistantMessage = {
  role: "assistant",
  id: "a",
  replyTo: "q",
  parts: [{ kind: "text", text: "" }],
  status: "streaming",
  replayed: false,
  createdAtMs: 0,
};
let chat: StoreApi<ChatState>;
let patches: ChatPatch[];
let feed: StateFeed<ChatState>;
beforeEach(() => {
  vi.useFakeTimers();
  chat = createStore<ChatState>(() => ({ ...initialChatState, messages: [answer] }));
  patches = [];
  feed = createStateFeed(chat, diffChat, (patch) => patches.push(patch));
});
afterEach(() => {
  feed[Symbol.dispose]();
  vi.useRealTimers();
});

function token(text: string): void {
  const state = chat.getState();
  const [message] = state.messages as readonly AssistantMessage[];
  const part = message?.parts[0];
  if (message === undefined || part?.kind !== "text") throw new Error("no answer");
  const grown = { ...message, parts: [{ kind: "text", text: part.text + text } as const] };
  chat.setState({ ...state, messages: [grown] }, true);
}

test("a shown window gets at most one patch per frame, and loses nothing", () => {
  const { state, revision } = feed.snapshot();
  feed.setVisible(true);
  for (let at = 0; at < 300; at += 1) {
    token("x");
    vi.advanceTimersByTime(3);
  }
  vi.advanceTimersByTime(16);
  expect(patches.length).toBeGreaterThan(40);
  expect(patches.length).toBeLessThan(62);
  expect(patches.map((patch) => patch.revision)).toEqual(patches.map((_, at) => revision + at + 1));
  expect(patches.reduce(applyChatPatch, state)).toEqual(chat.getState());
});

test("a hidden window gets nothing and costs no timer; shown, it catches up in one patch", () => {
  const { state } = feed.snapshot();
  for (let at = 0; at < 100; at += 1) token("x");
  expect([patches.length, vi.getTimerCount()]).toEqual([0, 0]);
  feed.setVisible(true);
  expect(patches).toHaveLength(1);
  expect(patches.reduce(applyChatPatch, state)).toEqual(chat.getState());
});

test("nothing is pushed before a page has asked, nor after it is gone", () => {
  feed.setVisible(true);
  token("x");
  expect(patches).toEqual([]);
  feed.snapshot();
  feed.reset();
  token("x");
  vi.advanceTimersByTime(100);
  expect(patches).toEqual([]);
});

test("a page that reloads continues from its own snapshot", () => {
  feed.setVisible(true);
  feed.snapshot();
  token("one");
  feed.reset();
  token("two");
  const { state, revision } = feed.snapshot();
  vi.advanceTimersByTime(16);
  token("three");
  vi.advanceTimersByTime(16);
  const after = patches.filter((patch) => patch.revision > revision);
  expect(after).toHaveLength(1);
  expect(after.reduce(applyChatPatch, state)).toEqual(chat.getState());
});

test("a snapshot that is asked for beside the window's own takes nothing from the window, shown or hidden", () => {
  const { state } = feed.snapshot();
  for (const visible of [true, false]) {
    feed.setVisible(visible);
    token("at once");
    token("a frame later");
    feed.snapshot();
    expect(patches.reduce(applyChatPatch, state)).toEqual(chat.getState());
  }
});

test("idle, there is no timer", () => {
  feed.snapshot();
  feed.setVisible(true);
  token("x");
  vi.advanceTimersByTime(20);
  expect(vi.getTimerCount()).toBe(0);
});
