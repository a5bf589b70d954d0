import { expect, test } from "vitest";
import type { AssistantMessage, UserMessage } from "#contract/chat-state.ts";
import { nextAnnouncement, spokenStart } from "./announcement.ts";

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

test("hands over a complete answer", () => {
  const done: AssistantMessage = { ...answering, status: "done" };
  expect(nextAnnouncement([asked, answering], [asked, done])).toEqual({
    key: "announceAnswer",
    text: "**18 %** of `2400` is",
  });
});

test.each([
  ["**18 %** of `2400` is", "18 % of 2400 is"],
  ["17*23 = 391", "17*23 = 391"],
  ["See [the docs](https://a.org/b_c) or https://a.org/b_c.", "See the docs or link."],
  ["| A | B |\n|---|---|\n| 1 | 2 |\n\n---\n\n- end", "A, B 1, 2 end"],
  ["```js\nlet x;\n```\n\n$\\frac{1}{2}$ &eacute;", "formula é"],
])("U13: a screen reader says what a voice would: %j", async (markdown, said) => {
  expect(await spokenStart(markdown, "en")).toBe(said);
});

test("U13: reads whole sentences of the beginning, and a part of one that is longer", async () => {
  const sentence = "This is one of many sentences that an answer may have.";
  expect(await spokenStart(`${sentence} `.repeat(500), "en")).toBe(`${Array(4).fill(sentence).join(" ")} …`);
  const spoken = await spokenStart("word ".repeat(500), "en");
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
