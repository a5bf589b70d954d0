import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Message, UserStatus } from "#contract/chat-state.ts";
import { messagesFor } from "../kit/messages.ts";
import { printMessage } from "./print-message.ts";

const failure = { code: "MODEL_FAILED", message: "It is down.", retryable: true } as const;

function shown(message: Message): string {
  const stdout = new PassThrough();
  const terminal = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), colour: false };
  printMessage(message, terminal, messagesFor("en"));
  return String(stdout.read());
}

const asked = (status: UserStatus): Message => ({
  role: "user",
  id: "q",
  text: "Why?",
  createdAtMs: 0,
  status,
});
const said = (rest: object): Message => ({
  role: "assistant",
  id: "a",
  replyTo: "q",
  parts: [{ kind: "text", text: "Half" }],
  status: "done",
  replayed: false,
  createdAtMs: 0,
  ...rest,
});

test.each<[string, Message, string]>([
  ["a whole answer", said({}), "pipit: Half\n"],
  ["a stopped answer", said({ status: "cancelled" }), "pipit: Half\n(stopped)\n"],
  ["an answer that broke off", said({ status: "failed", failure }), "pipit: Half\nIt is down.\n"],
  ["an answered question", asked({ kind: "answered" }), "you: Why?\n"],
  ["a refused one", asked({ kind: "failed", failure }), "you: Why?\nnot answered: It is down.\n"],
  ["one that waits", asked({ kind: "queued" }), "you: Why?\nwaiting\n"],
])("U8: /history shows %s as what it is", (_what, message, text) => {
  expect(shown(message)).toBe(text);
});
