import { expect, test } from "vitest";
import type { ErrorCode } from "#contract/error-codes.ts";
import { messagesFor } from "../kit/messages.ts";
import { keptText } from "./outcome.ts";

const atMs = new Date(2026, 0, 2, 18, 40).getTime();

test.each<[ErrorCode, RegExp]>([
  ["SERVER_UNREACHABLE", /when the server is reachable again/],
  ["RATE_LIMITED", /asked again at 6:40\sPM.*\/retry/],
  ["STREAM_LIMIT", /asked again at 6:40\sPM.*\/retry/],
])("F2: a message that waits after %s is said to wait for the right thing", (code, said) => {
  const reason = { code, message: "Why.", retryable: true };
  expect(keptText({ kind: "queued", reason, nextTryAtMs: atMs }, messagesFor("en"))).toMatch(said);
  expect(keptText({ kind: "queued", reason, nextTryAtMs: atMs }, messagesFor("ru"))).toMatch(/сохранено/);
});
