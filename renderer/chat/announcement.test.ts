import { expect, test } from "vitest";
import type { AssistantMessage, UserMessage } from "#contract/chat-state.ts";
import { nextAnnouncement } from "./announcement.ts";

const asked: UserMessage = {
  role: "user",
  id: "q",
  text: "?",
  createdAtMs: 0,
  status: { kind: "sending" },
};
const answering: AssistantMessage = {
  role: "assistant",
  id: "a",
  replyTo: "q",
  parts: [{ kind: "text", text: "**18 %** of `2400` is" }],
  status: "streaming",
  replayed: false,
  createdAtMs: 0,
};

test("says that an answer has begun, and nothing of the text that comes", () => {
  expect(nextAnnouncement([asked], [asked, answering])).toEqual({ key: "announceAnswering" });
  const grown: AssistantMessage = { ...answering, parts: [{ kind: "text", text: "longer" }] };
  expect(nextAnnouncement([asked, answering], [asked, grown])).toBeUndefined();
});

test("reads the beginning of a complete answer without its marks", () => {
  const done: AssistantMessage = { ...answering, status: "done" };
  expect(nextAnnouncement([asked, answering], [asked, done])).toEqual({
    key: "announceAnswer",
    text: "18 % of 2400 is",
  });
  const long: AssistantMessage = { ...done, parts: [{ kind: "text", text: "word ".repeat(500) }] };
  const said = nextAnnouncement([asked, answering], [asked, long]);
  const spoken = said?.key === "announceAnswer" ? said.text : "";
  expect(spoken).toMatch(/word …$/u);
  expect(spoken.length).toBeLessThan(250);
});

test("tells of a failure, and is silent about a chat that is opened", () => {
  const failed: UserMessage = {
    ...asked,
    status: { kind: "failed", failure: { code: "MODEL_FAILED", message: "", retryable: true } },
  };
  expect(nextAnnouncement([asked], [failed])).toEqual({ key: "announceFailed" });
  expect(nextAnnouncement([], [asked, { ...answering, status: "done" }])).toBeUndefined();
});
