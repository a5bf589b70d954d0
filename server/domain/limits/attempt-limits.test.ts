import { describe, expect, onTestFinished, test } from "vitest";
import { openTemporaryStore } from "#server/testing/temporary-store.ts";
import { createAttemptLimits, type AttemptLimits, type Rate } from "./attempt-limits.ts";
import type { AttemptCounterStore } from "./ports.ts";
import { limitBucket, limitRules, type LimitBucket } from "./rules.ts";
import { PipitError } from "#contract/pipit-error.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function setUp(
  change: (counters: AttemptCounterStore) => AttemptCounterStore = (counters) => counters,
) {
  const temporary = await openTemporaryStore();
  onTestFinished(() => temporary[Symbol.asyncDispose]());
  const { clock } = temporary;
  const counters = change(temporary.store.counters);
  const pauses: number[] = [];
  const blocks: [string, number][] = [];
  const rates: Rate[] = [];
  const limits = createAttemptLimits({
    counters,
    clock,
    onRate: (rate) => rates.push(rate),
    onBlocked: (name, forMs) => blocks.push([name, forMs]),
    sleep: async (durationMs) => {
      pauses.push(durationMs);
      await turn();
    },
  });
  /** What is left once one more attempt is let in. */
  const rateOf = async (buckets: readonly LimitBucket[]): Promise<Rate | undefined> => {
    await limits.take(buckets);
    return rates.at(-1);
  };
  return { clock, counters, limits, pauses, blocks, rates, rateOf };
}

const bucketsOf = (address: string, user = "ann"): readonly LimitBucket[] => [
  limitBucket("ip", address),
  limitBucket("username", user),
  limitBucket("lockout", user),
];

/** What a sign-in does: hashes between taking and settling. */
function signInWith(limits: AttemptLimits) {
  const done = { hashes: 0 };
  const signIn = async (buckets: readonly LimitBucket[], isRight: boolean): Promise<string> => {
    try {
      const attempt = await limits.take(buckets);
      done.hashes += 1;
      for (let count = 0; count < 5; count++) await turn();
      await attempt.settle(isRight ? "succeeded" : "failed");
      return isRight ? "in" : "wrong";
    } catch (reason) {
      return PipitError.from(reason).code;
    }
  };
  return { done, signIn };
}

describe("many at once", () => {
  test("twenty right passwords from one network all succeed", async () => {
    const { limits, rateOf } = await setUp();
    const { signIn } = signInWith(limits);
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(bucketsOf("10.0.0.1"), true)));
    expect(new Set(answers)).toEqual(new Set(["in"]));
    expect(await rateOf(bucketsOf("10.0.0.1"))).toMatchObject({ limit: 5, remaining: 4 });
  });

  test("of two hundred wrong passwords for one account from as many networks, five are looked at", async () => {
    const { limits, clock, blocks } = await setUp();
    const { signIn, done } = signInWith(limits);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, count) => signIn(bucketsOf(`10.0.0.${count}`), false)),
    );
    expect(done.hashes).toBe(5);
    expect(answers.filter((answer) => answer === "wrong")).toHaveLength(5);
    expect(answers.filter((answer) => answer === "ACCOUNT_LOCKED")).toHaveLength(195);
    expect(blocks).toEqual([["lockout", 900_000]]);
    expect(await signIn(bucketsOf("10.1.0.1"), true)).toBe("ACCOUNT_LOCKED");
    clock.advance(900_000);
    expect(await signIn(bucketsOf("10.1.0.1"), true)).toBe("in");
  });

  test("twenty right passwords among wrong ones never let more than five wrong ones through", async () => {
    const { limits } = await setUp();
    const { signIn } = signInWith(limits);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, count) => signIn(bucketsOf(`10.0.0.${count}`), count % 2 === 0)),
    );
    expect(answers.filter((answer) => answer === "wrong").length).toBeLessThanOrEqual(10);
    expect(new Set(answers)).not.toContain("INTERNAL");
  });

  test("a known device gets in while strangers keep the account locked", async () => {
    const { limits } = await setUp();
    const { signIn } = signInWith(limits);
    for (let count = 0; count < 6; count++) await signIn(bucketsOf(`10.0.0.${count}`), false);
    expect(await signIn(bucketsOf("10.9.0.1"), true)).toBe("ACCOUNT_LOCKED");
    const known = [limitBucket("ip", "10.9.0.1"), limitBucket("device", "ann:device")];
    expect(await signIn(known, true)).toBe("in");
    for (let count = 0; count < 5; count++) await signIn([limitBucket("device", "ann:device")], false);
    expect(await signIn(known, true)).toBe("ACCOUNT_LOCKED");
  });
});

describe("one attempt", () => {
  test("is charged to all buckets or to none", async () => {
    const { limits, rateOf } = await setUp();
    for (let count = 0; count < 5; count++) {
      await (await limits.take([limitBucket("lockout", "ann")])).settle("failed");
    }
    for (let count = 0; count < 20; count++) {
      await expect(limits.take(bucketsOf("10.0.0.1"))).rejects.toMatchObject({ code: "ACCOUNT_LOCKED" });
    }
    expect(await rateOf([limitBucket("ip", "10.0.0.1")])).toEqual({
      limit: 5,
      remaining: 4,
      resetAfterMs: 60_000,
    });
  });

  test("is settled once: what is told after that changes nothing", async () => {
    const { limits, rateOf } = await setUp();
    const attempt = await limits.take([limitBucket("ip", "a")]);
    await attempt.settle("failed");
    await attempt.settle("succeeded");
    expect(await rateOf([limitBucket("ip", "a")])).toMatchObject({ remaining: 3 });
  });

  test("waits for attempts that may succeed, and gives up after five seconds", async () => {
    const { limits, pauses } = await setUp();
    for (let count = 0; count < 5; count++) await limits.take([limitBucket("ip", "a")]);
    await expect(limits.take([limitBucket("ip", "a")])).rejects.toMatchObject({
      code: "RATE_LIMITED",
      retryAfterMs: 1000,
    });
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(50);
    const total = pauses.reduce((sum, pauseMs) => sum + pauseMs, 0);
    expect(total).toBeGreaterThanOrEqual(5000);
    expect(total).toBeLessThan(5050);
  });

  test("is not charged when its caller has gone, before or while it waits", async () => {
    const { limits, rateOf } = await setUp();
    await expect(limits.take([limitBucket("ip", "a")], AbortSignal.abort())).rejects.toMatchObject({
      name: "AbortError",
    });
    const held = [];
    for (let count = 0; count < 5; count++) held.push(await limits.take([limitBucket("ip", "a")]));
    const leaving = new AbortController();
    const waiting = limits.take([limitBucket("ip", "a")], leaving.signal);
    await turn();
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    for (const attempt of held) await attempt.settle("succeeded");
    expect(await rateOf([limitBucket("ip", "a")])).toMatchObject({ remaining: 4 });
  });

  test("that breaks at a later bucket is given back to the earlier ones", async () => {
    const gone = new PipitError("LIMITS_UNREACHABLE", "gone");
    let isGone = true;
    const { limits, rateOf } = await setUp((counters) => ({
      ...counters,
      reserve: async (key, rule, nowMs) => {
        if (isGone && rule === limitRules.username) throw gone;
        return counters.reserve(key, rule, nowMs);
      },
    }));
    await expect(limits.take(bucketsOf("a"))).rejects.toBe(gone);
    isGone = false;
    expect(await rateOf(bucketsOf("a"))).toMatchObject({ limit: 5, remaining: 4 });
  });
});

test.each([
  ["ip", "RATE_LIMITED", "Too many sign-ins that failed from this network. Wait a minute and try again."],
  [
    "username",
    "RATE_LIMITED",
    "Too many sign-ins that failed for this account. Wait 60 minutes and try again.",
  ],
  ["sign-in-code", "RATE_LIMITED", "Too many wrong sign-in codes. Wait a minute and try again."],
  ["user-code", "RATE_LIMITED", "Too many wrong codes. Wait 10 minutes and try again."],
] as const)("a refusal by %s is %s and says how long to wait", async (name, code, message) => {
  const { limits } = await setUp();
  for (let count = 0; count < limitRules[name].max; count++) {
    await (await limits.take([limitBucket(name, "x")])).settle("failed");
  }
  await expect(limits.take([limitBucket(name, "x")])).rejects.toMatchObject({
    code,
    message,
    retryAfterMs: limitRules[name].windowMs,
  });
});

test("unlocking frees the account at once, and no network", async () => {
  const { limits, rateOf } = await setUp();
  for (let count = 0; count < 5; count++) await (await limits.take(bucketsOf("a"))).settle("failed");
  await limits.unlock("ann");
  expect(await rateOf(bucketsOf("b"))).toMatchObject({ remaining: 4 });
  await expect(limits.take(bucketsOf("a"))).rejects.toMatchObject({ code: "RATE_LIMITED" });
});

test("whoever asks is told what is left: at once, and when the attempt has ended", async () => {
  const { limits, rates } = await setUp();
  const buckets = [limitBucket("ip", "a"), limitBucket("lockout", "ann")];
  await (await limits.take(buckets)).settle("failed");
  await (await limits.take(buckets)).settle("succeeded");
  await (await limits.take(buckets)).settle("void");
  expect(rates.map(({ limit, remaining }) => [limit, remaining])).toEqual([
    [5, 4],
    [5, 4],
    [5, 3],
    // The row is over; the network's window goes on.
    [5, 4],
    [5, 3],
    [5, 4],
  ]);
  for (let count = 0; count < 4; count++) await (await limits.take(buckets)).settle("failed");
  await expect(limits.take(buckets)).rejects.toThrow();
  expect(rates.at(-1)).toEqual({ limit: 5, remaining: 0, resetAfterMs: 60_000 });
});
