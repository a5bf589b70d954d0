import { expect, test } from "vitest";
import type { ErrorCode } from "#contract/error-codes.ts";
import type { UserStatus } from "#contract/chat-state.ts";
import { messagesFor } from "../kit/messages.ts";
import { keptText } from "./outcome.ts";

const atMs = new Date(2026, 0, 2, 18, 40).getTime();

const busy = { code: "RATE_LIMITED", message: "Why.", retryable: true } as const;
const away = { code: "SERVER_UNREACHABLE", message: "Why.", retryable: true } as const;
test.each<[string, readonly UserStatus[], RegExp]>([
  [
    "for its turn",
    [
      { kind: "failed", failure: busy },
      { kind: "queued", reason: busy },
    ],
    /the one before it/,
  ],
  ["with others for the server", [{ kind: "queued", reason: away }], /when the server is reachable again/],
  ["alone", [{ kind: "answered" }], /when the server is reachable again/],
])("F2: a message that waits %s is not said to wait for anything else", (_what, before, said) => {
  expect(keptText({ kind: "queued" }, messagesFor("en"), before)).toMatch(said);
});

test.each<[ErrorCode, RegExp]>([
  ["SERVER_UNREACHABLE", /when the server is reachable again/],
  ["RATE_LIMITED", /asked again at 6:40\sPM.*\/retry/],
  ["STREAM_LIMIT", /asked again at 6:40\sPM.*\/retry/],
  ["SIGNED_OUT", /when you have signed in/],
])("F2: a message that waits after %s is said to wait for the right thing", (code, said) => {
  const reason = { code, message: "Why.", retryable: true };
  expect(keptText({ kind: "queued", reason, nextTryAtMs: atMs }, messagesFor("en"))).toMatch(said);
  expect(keptText({ kind: "queued", reason, nextTryAtMs: atMs }, messagesFor("ru"))).toMatch(/сохранено/);
});
