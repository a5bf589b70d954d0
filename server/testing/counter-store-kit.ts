import { expect, test } from "vitest";
import { sized } from "#tests/testing/test-size.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createAttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { PENDING_LEASE_MS } from "#server/domain/limits/counter-state.ts";
import type {
  AttemptCounterStore,
  AttemptOutcome,
  LimitRule,
  Reservation,
} from "#server/domain/limits/ports.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";

/** A store that goes by the time of its caller. */
export interface OpenedCounterStore extends AsyncDisposable {
  readonly counters: AttemptCounterStore;
}

const windowed = { max: 3, windowMs: 60_000 } as const satisfies LimitRule;
const lockout = {
  max: 3,
  windowMs: 86_400_000,
  blockMs: 900_000,
  growth: 2,
  maxBlockMs: 86_400_000,
} as const satisfies LimitRule;
const startMs = 1_700_000_000_000;

/** One key of a store, and a clock. */
function player(counters: AttemptCounterStore, rule: LimitRule, key = "key") {
  const state = { nowMs: startMs };
  const reserve = (): Promise<Reservation> => counters.reserve(key, rule, state.nowMs);
  const settle = (ticket: number, outcome: AttemptOutcome) =>
    counters.settle(key, rule, { outcome, ticket }, state.nowMs);
  const granted = async () => {
    const reservation = await reserve();
    if (reservation.kind !== "granted") throw new Error(`not granted: ${JSON.stringify(reservation)}`);
    return reservation;
  };
  const attempt = async (outcome: AttemptOutcome) => settle((await granted()).ticket, outcome);
  const attempts = async (outcome: AttemptOutcome, times: number) => {
    for (let count = 0; count < times; count++) await attempt(outcome);
  };
  return { state, reserve, settle, granted, attempt, attempts };
}

/** What every {@link AttemptCounterStore} does; call it inside a `describe`. */
export function testCounterStore(open: () => Promise<OpenedCounterStore>): void {
  testWindows(open);
  testRowsOfFailures(open);
  testClocks(open);
  testManyAtOnce(open);
  testSignIns(open);
}

function testWindows(open: () => Promise<OpenedCounterStore>): void {
  test("so many may fail in a window, then one waits for its end", async () => {
    await using opened = await open();
    const { state, reserve, attempt, granted } = player(opened.counters, windowed);
    await attempt("failed");
    state.nowMs += 10_000;
    await attempt("failed");
    expect(await granted()).toMatchObject({ remaining: 0, resetAfterMs: 50_000 });
    expect(await reserve()).toEqual({ kind: "busy" });
    state.nowMs += 49_999;
    expect(await reserve()).toEqual({ kind: "busy" });
    state.nowMs += 1;
    expect(await granted()).toMatchObject({ remaining: 2, resetAfterMs: 60_000 });
  });

  test("failures block until the end of the window", async () => {
    await using opened = await open();
    const { state, reserve, attempts, granted } = player(opened.counters, windowed);
    await attempts("failed", 3);
    state.nowMs += 20_000;
    expect(await reserve()).toEqual({ kind: "blocked", retryAfterMs: 40_000 });
    state.nowMs += 40_000;
    expect(await granted()).toMatchObject({ remaining: 2 });
  });

  test("what succeeds, or was not tried, costs nothing in a window; failures before it stay", async () => {
    await using opened = await open();
    const { reserve, attempts } = player(opened.counters, windowed);
    await attempts("failed", 2);
    await attempts("succeeded", 5);
    await attempts("void", 5);
    await attempts("failed", 1);
    expect(await reserve()).toMatchObject({ kind: "blocked" });
  });

  test("an attempt that ends after its window gives no charge of the next one back", async () => {
    await using opened = await open();
    const { state, reserve, settle, granted, attempts } = player(opened.counters, windowed);
    const early = await granted();
    state.nowMs += 60_000;
    const late = await granted();
    await settle(early.ticket, "succeeded");
    await settle(late.ticket, "failed");
    await attempts("failed", 2);
    expect(await reserve()).toMatchObject({ kind: "blocked" });
  });

  test("attempts that never end block until the window does", async () => {
    await using opened = await open();
    const { state, reserve, granted } = player(opened.counters, windowed);
    for (let count = 0; count < 3; count++) await granted();
    state.nowMs += 59_999;
    expect(await reserve()).toEqual({ kind: "busy" });
    state.nowMs += 1;
    expect(await reserve()).toMatchObject({ kind: "granted" });
  });

  test("keys do not touch each other, and a reset forgets one", async () => {
    await using opened = await open();
    const one = player(opened.counters, windowed, "one");
    const other = player(opened.counters, windowed, "other");
    await one.attempts("failed", 3);
    await other.attempts("failed", 3);
    await opened.counters.reset("one");
    await opened.counters.reset("never seen");
    expect(await one.granted()).toMatchObject({ remaining: 2 });
    expect(await other.reserve()).toMatchObject({ kind: "blocked" });
  });
}

function testRowsOfFailures(open: () => Promise<OpenedCounterStore>): void {
  test("failures in a row begin a block, each longer than the one before, up to the longest", async () => {
    await using opened = await open();
    const { state, reserve, attempt, attempts } = player(opened.counters, lockout);
    const lengths: (number | undefined)[] = [];
    for (let block = 0; block < 9; block++) {
      await attempts("failed", 2);
      const length = await attempt("failed");
      expect(await reserve()).toEqual({ kind: "blocked", retryAfterMs: length });
      state.nowMs += length ?? 0;
      lengths.push(length);
    }
    const minutes = [15, 30, 60, 120, 240, 480, 960, 1440, 1440];
    expect(lengths).toEqual(minutes.map((count) => count * 60_000));
  });

  test("a failure tells of a block only when it begins one", async () => {
    await using opened = await open();
    const { attempt } = player(opened.counters, lockout);
    expect([await attempt("failed"), await attempt("failed"), await attempt("failed")]).toEqual([
      undefined,
      undefined,
      900_000,
    ]);
  });

  test("a success ends the row, and the next block is short again", async () => {
    await using opened = await open();
    const { state, attempt, attempts } = player(opened.counters, lockout);
    await attempts("failed", 3);
    state.nowMs += 900_000;
    await attempts("failed", 2);
    await attempt("succeeded");
    await attempts("failed", 2);
    expect(await attempt("failed")).toBe(900_000);
  });

  test("a success forgives what failed, not what is still being tried", async () => {
    await using opened = await open();
    const { reserve, settle, granted, attempt } = player(opened.counters, lockout);
    await attempt("failed");
    const [first, second] = [await granted(), await granted()];
    await settle(first.ticket, "succeeded");
    await attempt("failed");
    expect(await granted()).toMatchObject({ remaining: 0 });
    expect(await reserve()).toEqual({ kind: "busy" });
    await settle(second.ticket, "void");
    expect(await granted()).toMatchObject({ remaining: 0 });
  });

  test("what was not tried leaves the row as it was", async () => {
    await using opened = await open();
    const { attempt, attempts } = player(opened.counters, lockout);
    await attempts("failed", 2);
    await attempts("void", 5);
    expect(await attempt("failed")).toBe(900_000);
  });

  test("failures and blocks are forgotten after a whole window of rest", async () => {
    await using opened = await open();
    const { state, attempt, attempts } = player(opened.counters, lockout);
    await attempts("failed", 3);
    state.nowMs += 900_000 + lockout.windowMs;
    await attempts("failed", 2);
    state.nowMs += lockout.windowMs;
    await attempts("failed", 2);
    expect(await attempt("failed")).toBe(900_000);
  });

  test("attempts of a process that died count as failures, after the time that any attempt takes", async () => {
    await using opened = await open();
    const { state, reserve, granted, attempt } = player(opened.counters, lockout);
    await granted();
    await attempt("failed");
    await attempt("failed");
    expect(await reserve()).toEqual({ kind: "busy" });
    state.nowMs += PENDING_LEASE_MS - 1;
    expect(await reserve()).toEqual({ kind: "busy" });
    state.nowMs += 1;
    expect(await reserve()).toEqual({ kind: "blocked", retryAfterMs: 900_000 });
    state.nowMs += 1000;
    expect(await reserve()).toEqual({ kind: "blocked", retryAfterMs: 899_000 });
  });
}

function testClocks(open: () => Promise<OpenedCounterStore>): void {
  test.each([
    ["window", windowed, 60_000],
    ["block", lockout, 900_000],
  ] as const)(
    "set back by ten minutes, the clock makes nobody wait longer than a whole %s",
    async (...given) => {
      const [, rule, longestMs] = given;
      await using opened = await open();
      const { state, reserve, attempts, granted } = player(opened.counters, rule);
      await attempts("failed", 3);
      state.nowMs -= 600_000;
      expect(await reserve()).toEqual({ kind: "blocked", retryAfterMs: longestMs });
      state.nowMs += longestMs - 1;
      expect(await reserve()).toEqual({ kind: "blocked", retryAfterMs: 1 });
      state.nowMs += 1;
      expect(await granted()).toMatchObject({ remaining: 2 });
    },
  );

  test("set forward by ten minutes, the clock ends a block that much earlier, and no more", async () => {
    await using opened = await open();
    const { state, reserve, attempts } = player(opened.counters, lockout);
    await attempts("failed", 3);
    state.nowMs += 600_000;
    expect(await reserve()).toEqual({ kind: "blocked", retryAfterMs: 300_000 });
  });
}

function testManyAtOnce(open: () => Promise<OpenedCounterStore>): void {
  test.each([
    ["window", windowed],
    ["row", lockout],
  ] as const)("of fifty at once, a %s lets in as many as may fail", async (_name, rule) => {
    await using opened = await open();
    const { reserve, settle } = player(opened.counters, rule);
    const all = await Promise.all(Array.from({ length: 50 }, reserve));
    const granted = all.filter((one) => one.kind === "granted");
    expect(granted).toHaveLength(3);
    expect(all.filter(({ kind }) => kind === "busy")).toHaveLength(47);
    const blocks = await Promise.all(granted.map(({ ticket }) => settle(ticket, "failed")));
    expect(blocks.filter((length) => length !== undefined)).toHaveLength("blockMs" in rule ? 1 : 0);
    expect(await reserve()).toMatchObject({ kind: "blocked" });
  });

  test("fifty successes at once leave nothing behind", async () => {
    await using opened = await open();
    const { reserve, settle, granted } = player(opened.counters, windowed);
    let left = 50;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        const reservation = await reserve();
        if (reservation.kind !== "granted") continue;
        left -= 1;
        await settle(reservation.ticket, "succeeded");
      }
    };
    await Promise.all(Array.from({ length: 5 }, worker));
    expect(await granted()).toMatchObject({ remaining: 2 });
  });
}

function testSignIns(open: () => Promise<OpenedCounterStore>): void {
  test("twenty right passwords at once from one network all get in", async () => {
    await using opened = await open();
    const networks = Array.from({ length: 20 }, () => "10.0.0.1");
    const results = await signInAtOnce(opened.counters, { networks, areRight: true });
    expect(results).toEqual({ hashes: 20, refused: 0 });
  });

  const wrongAtOnce = sized(50, 200);
  test(`of ${wrongAtOnce} wrong passwords at once from as many networks, five are hashed`, async () => {
    await using opened = await open();
    const networks = Array.from({ length: wrongAtOnce }, (_, count) => `10.0.0.${count}`);
    const results = await signInAtOnce(opened.counters, { networks, areRight: false });
    expect(results).toEqual({ hashes: 5, refused: wrongAtOnce - 5 });
  });
}

/** Tries to sign in from all networks at once, and counts what comes of it. */
async function signInAtOnce(
  counters: AttemptCounterStore,
  tries: { readonly networks: readonly string[]; readonly areRight: boolean },
) {
  const limits = createAttemptLimits({ counters, clock: { nowMs: () => startMs } });
  const results = { hashes: 0, refused: 0 };
  const signIn = async (network: string): Promise<void> => {
    const buckets = [
      limitBucket("ip", network),
      limitBucket("username", "ann"),
      limitBucket("lockout", "ann"),
    ];
    try {
      const attempt = await limits.take(buckets);
      results.hashes += 1;
      await new Promise((resolve) => setImmediate(resolve));
      await attempt.settle(tries.areRight ? "succeeded" : "failed");
    } catch (reason) {
      if (!(reason instanceof PipitError)) throw reason;
      results.refused += 1;
    }
  };
  await Promise.all(tries.networks.map(signIn));
  return results;
}
