import { describe, expect, test } from "vitest";
import { errorCodes, type ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { decideRetry, isConnectionError, MAX_DELAY_MS, retryDelayMs } from "./retry-policy.ts";

const lowest = () => 0;
const middle = () => 0.5;
const highest = () => 1 - Number.EPSILON;

function failed(code: ErrorCode, failures: number, sawChunk = false, retryAfterMs?: number) {
  const error = new PipitError(code, "x", retryAfterMs === undefined ? {} : { retryAfterMs });
  return { error, failures, sawChunk };
}

describe("retryDelayMs", () => {
  test.each([
    { failures: 1, low: 1100, mid: 1200, high: 1300 },
    { failures: 2, low: 2200, mid: 2400, high: 2600 },
    { failures: 3, low: 4400, mid: 4800, high: 5200 },
    { failures: 6, low: 35_200, mid: 38_400, high: 41_600 },
    { failures: 7, low: 50_769, mid: 55_385, high: 60_000 },
    { failures: 1000, low: 50_769, mid: 55_385, high: 60_000 },
  ])("after failure $failures lies between $low and $high ms", ({ failures, low, mid, high }) => {
    expect(retryDelayMs(failures, undefined, lowest)).toBe(low);
    expect(retryDelayMs(failures, undefined, middle)).toBe(mid);
    expect(retryDelayMs(failures, undefined, highest)).toBe(high);
  });

  test.each([0, 250, 90_000])("the server's retry-after of %i ms wins", (retryAfterMs) => {
    expect(retryDelayMs(5, retryAfterMs, middle)).toBe(retryAfterMs);
  });

  test("a negative retry-after counts as none to wait", () => {
    expect(retryDelayMs(1, -5, middle)).toBe(0);
  });
});

test.each([0, 1, 999])(
  "F1: a server that always says to come back in %i ms is not asked without end",
  (ms) => {
    const attempts = [1, 2, 3, 4, 12].map((failures) =>
      decideRetry({ ...failed("RATE_LIMITED", failures, false, ms) }, middle),
    );
    expect(attempts.slice(0, 2)).toEqual([1, 2].map(() => ({ kind: "retry", delayMs: ms })));
    expect(attempts.slice(2).map(({ kind }) => kind)).toEqual(["wait", "wait", "wait"]);
    expect(attempts.slice(2)).toMatchObject([{ delayMs: 4_800 }, { delayMs: 9_600 }, { delayMs: 55_385 }]);
  },
);

describe("decideRetry", () => {
  test.each([
    { name: "first failure", attempt: failed("SERVER_UNREACHABLE", 1), kind: "retry", delayMs: 1200 },
    { name: "second failure", attempt: failed("SERVER_UNREACHABLE", 2), kind: "retry", delayMs: 2400 },
    {
      name: "third failure ends the series",
      attempt: failed("SERVER_UNREACHABLE", 3),
      kind: "wait",
      delayMs: 4800,
    },
    {
      name: "later failures wait, capped",
      attempt: failed("SERVER_UNREACHABLE", 40),
      kind: "wait",
      delayMs: 55_385,
    },
    {
      name: "short retry-after",
      attempt: failed("RATE_LIMITED", 1, false, 300),
      kind: "retry",
      delayMs: 300,
    },
    {
      name: "long retry-after",
      attempt: failed("RATE_LIMITED", 1, false, MAX_DELAY_MS + 1),
      kind: "wait",
      delayMs: 60_001,
    },
    {
      name: "break after the first chunk",
      attempt: failed("SERVER_UNREACHABLE", 1, true),
      kind: "wait",
      delayMs: 1200,
    },
    {
      name: "turn moved elsewhere",
      attempt: failed("TURN_RUNNING_ELSEWHERE", 1, true),
      kind: "wait",
      delayMs: 1200,
    },
  ])("$name: $kind", ({ attempt, kind, delayMs }) => {
    expect(decideRetry(attempt, middle)).toEqual({ kind, delayMs });
  });

  test.each(["MODEL_FAILED", "MODEL_TIMEOUT", "MODEL_UNREACHABLE", "RATE_LIMITED"] as const)(
    "%s half way through an answer is not asked again unbidden",
    (code) => {
      expect(decideRetry(failed(code, 1, true), middle)).toEqual({ kind: "fail" });
      expect(decideRetry(failed(code, 1, false), middle).kind).toBe(
        code === "MODEL_TIMEOUT" ? "wait" : "retry",
      );
    },
  );

  test("F6: a model that was silent is not asked again at once", () => {
    expect(decideRetry(failed("MODEL_TIMEOUT", 1), middle)).toEqual({ kind: "wait", delayMs: 1200 });
  });

  const codes = Object.keys(errorCodes) as ErrorCode[];
  test.each(codes.filter((code) => !errorCodes[code].retry))("%s is never repeated", (code) => {
    expect(decideRetry(failed(code, 1), middle)).toEqual({ kind: "fail" });
  });

  test("only UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED (and storage) are repeated", () => {
    const repeated = codes.filter((code) => decideRetry(failed(code, 1), middle).kind !== "fail");
    expect([...new Set(repeated.map((code) => errorCodes[code].grpc))].toSorted((a, b) => a - b)).toEqual([
      4, 8, 10, 14,
    ]);
  });

  test("only the way to the server counts as a connection error", () => {
    expect(codes.filter((code) => isConnectionError(new PipitError(code, "x")))).toEqual([
      "SERVER_UNREACHABLE",
      "SERVER_STOPPING",
      "DEADLINE_EXCEEDED",
    ]);
  });
});
