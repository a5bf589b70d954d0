import { beforeEach, expect, test } from "vitest";
import type { Settled } from "#engine/chat/chat-engine-api.ts";
import { createAnswerNotices, type NoticeTexts } from "./answer-notices.ts";
import { textsFor } from "../shell/texts.ts";

const failure = {
  code: "MODEL_REFUSED",
  message: "The model does not answer.",
  retryable: true,
} as const;
const answered: Settled = {
  messageId: "1",
  chatId: "c",
  text: "Why is\n the sky blue?",
  end: { kind: "answered" },
};
const failed: Settled = { messageId: "2", text: "And at night?", end: { kind: "failed", failure } };
const waits = (messageId: string): Settled => ({ messageId, text: "Later", end: { kind: "waits" } });

let isSeen: boolean;
let isWanted: boolean;
let said: NoticeTexts[];
let clicks: (() => void)[];
let closed: number;
let opened: Settled[];
beforeEach(() => {
  [isSeen, isWanted, said, clicks, closed, opened] = [false, true, [], [], 0, []];
});

function open() {
  return createAnswerNotices({
    isSeen: () => isSeen,
    isWanted: () => isWanted,
    texts: () => textsFor("en", "en"),
    language: () => "en",
    show(texts) {
      said.push(texts);
      return { onClick: (listener) => clicks.push(listener), close: () => (closed += 1) };
    },
    onOpen: (settled) => opened.push(settled),
  });
}

test("an answer, a failure and a wait for the sign-in are told once each while hidden, and open what they tell of", () => {
  const notices = open();
  for (const one of [answered, answered, failed, failed, waits("3"), waits("4")]) notices.settled(one);
  expect(said).toEqual([
    { title: "Pipit has answered", body: "Why is the sky blue?" },
    { title: "Pipit could not answer", body: expect.stringMatching(/model/i) },
    { title: "Log in to get the answer", body: "Later" },
  ]);
  expect(notices.unseen.getState()).toBe(true);
  clicks[0]?.();
  expect(opened).toEqual([answered]);
});

test("nothing is told of what the person sees, and looking takes back what was told", () => {
  const notices = open();
  isSeen = true;
  notices.settled(answered);
  expect([said.length, notices.unseen.getState()]).toEqual([0, false]);
  isSeen = false;
  notices.settled(failed);
  notices.seen();
  expect([closed, notices.unseen.getState()]).toEqual([1, false]);
  // Tried again by the person, and failed again.
  notices.settled(failed);
  expect(said).toHaveLength(2);
});

test("switched off there is only the tray's mark", () => {
  const notices = open();
  isWanted = false;
  notices.settled(answered);
  expect([said.length, notices.unseen.getState()]).toEqual([0, true]);
});

test("a long question is cut", () => {
  open().settled({ ...answered, text: "word ".repeat(500) });
  expect(said[0]?.body).toMatch(/word…$/);
  expect(said[0]?.body.length).toBeLessThanOrEqual(121);
});
