import { expect, test } from "vitest";
import { createManualClock } from "#server/store/testing/temporary-store.ts";
import { createAttemptLimit, type AttemptLimit } from "./attempt-limit.ts";

function setUp() {
  const clock = createManualClock();
  return { clock, limit: createAttemptLimit({ maxFailures: 3, windowMs: 60_000, clock }) };
}

function fail(limit: AttemptLimit, key: string, times: number): void {
  for (let count = 0; count < times; count++) limit.take(key);
}

test("so many may fail in the span, then one waits for its end", () => {
  const { clock, limit } = setUp();
  fail(limit, "a", 2);
  clock.advance(10_000);
  expect(limit.take("a")).toHaveProperty("refund");
  expect(limit.take("a")).toEqual({ retryAfterMs: 50_000 });
  clock.advance(50_000);
  expect(limit.take("a")).toHaveProperty("refund");
});

test("a success does not count, however often it is told", () => {
  const { limit } = setUp();
  fail(limit, "a", 2);
  for (let count = 0; count < 10; count++) {
    const attempt = limit.take("a");
    if (!("refund" in attempt)) throw new Error("refused");
    attempt.refund();
    attempt.refund();
  }
  expect(limit.take("a")).toHaveProperty("refund");
  expect(limit.take("a")).toHaveProperty("retryAfterMs");
});

test("keys do not touch each other", () => {
  const { limit } = setUp();
  fail(limit, "a", 3);
  expect(limit.take("a")).toHaveProperty("retryAfterMs");
  expect(limit.take("b")).toHaveProperty("refund");
});

test("a flood of keys fills no memory: beyond ten thousand the oldest is forgotten, and no other", () => {
  const { limit } = setUp();
  fail(limit, "oldest", 3);
  fail(limit, "next", 3);
  for (let key = 0; key < 9_998; key++) limit.take(`k${key}`);
  expect(limit.take("next")).toHaveProperty("retryAfterMs");
  limit.take("one more");
  expect(limit.take("next")).toHaveProperty("retryAfterMs");
  expect(limit.take("oldest")).toHaveProperty("refund");
});
