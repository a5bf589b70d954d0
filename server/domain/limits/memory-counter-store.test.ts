import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { collectGarbage } from "#server/testing/collect-garbage.ts";
import { testCounterStore } from "#server/testing/counter-store-kit.ts";
import { createMemoryCounterStore } from "./memory-counter-store.ts";
import type { AttemptCounterStore, AttemptOutcome, LimitRule } from "./ports.ts";
import { LEVEL_MEMORY_MS, limitRules } from "./rules.ts";

const nowMs = 1_700_000_000_000;

async function attempt(counters: AttemptCounterStore, key: string, rule: LimitRule, outcome: AttemptOutcome) {
  const reservation = await counters.reserve(key, rule, nowMs);
  if (reservation.kind === "granted")
    await counters.settle(key, rule, { outcome, ticket: reservation.ticket }, nowMs);
  return reservation;
}

async function fail(
  counters: AttemptCounterStore,
  key: string,
  rule: LimitRule,
  times: number,
): Promise<void> {
  for (let count = 0; count < times; count++) await attempt(counters, key, rule, "failed");
}

describe("counters in memory", () => {
  testCounterStore(async () => ({
    counters: createMemoryCounterStore(),
    [Symbol.asyncDispose]: async () => undefined,
  }));

  test("a hundred thousand other keys free nobody who is blocked, and lose no attempt under way", async () => {
    const counters = createMemoryCounterStore();
    await fail(counters, "network", limitRules.ip, 5);
    await fail(counters, "account", limitRules.lockout, 5);
    for (let count = 0; count < 5; count++) await counters.reserve("busy", limitRules.lockout, nowMs);
    for (let key = 0; key < 120_000; key++) await attempt(counters, `k${key}`, limitRules.ip, "failed");
    expect(await counters.reserve("network", limitRules.ip, nowMs)).toMatchObject({ kind: "blocked" });
    expect(await counters.reserve("account", limitRules.lockout, nowMs)).toMatchObject({ kind: "blocked" });
    expect(await counters.reserve("busy", limitRules.lockout, nowMs)).toEqual({ kind: "busy" });
  });

  test("without room, those that end first are forgotten first, and whoever was blocked before last", async () => {
    const counters = createMemoryCounterStore({ maxKeys: 10 });
    await fail(counters, "was blocked", limitRules.lockout, 5);
    const later = nowMs + 900_000;
    await counters.reserve("early", limitRules.ip, later);
    await counters.settle("early", limitRules.ip, { outcome: "failed", ticket: later + 60_000 }, later);
    for (let key = 0; key < 8; key++) await fail(counters, `k${key}`, limitRules.username, 1);
    const first = await counters.reserve("one more", limitRules.ip, later);
    expect(first).toMatchObject({ kind: "granted" });
    // Counted anew: it had one failure.
    expect(await counters.reserve("early", limitRules.ip, later)).toMatchObject({ remaining: 4 });
    for (let count = 0; count < 4; count++) {
      const reservation = await counters.reserve("was blocked", limitRules.lockout, later);
      const ticket = reservation.kind === "granted" ? reservation.ticket : 0;
      await counters.settle("was blocked", limitRules.lockout, { outcome: "failed", ticket }, later);
    }
    await counters.reserve("was blocked", limitRules.lockout, later);
    const settlement = { outcome: "failed", ticket: 0 } as const;
    expect(await counters.settle("was blocked", limitRules.lockout, settlement, later)).toBe(1_800_000);
  });

  test("when everybody is blocked, new keys are refused rather than old ones forgotten", async () => {
    const counters = createMemoryCounterStore({ maxKeys: 10 });
    for (let key = 0; key < 10; key++) await fail(counters, `k${key}`, limitRules.ip, 5);
    for (let count = 0; count < 2; count++) {
      await expect(counters.reserve("new", limitRules.ip, nowMs)).rejects.toMatchObject({
        code: "LIMITS_UNREACHABLE",
        retryAfterMs: 60_000,
      });
    }
    expect(await counters.reserve("k0", limitRules.ip, nowMs)).toMatchObject({ kind: "blocked" });
    expect(await counters.reserve("new", limitRules.ip, nowMs + 60_000)).toMatchObject({ kind: "granted" });
  });

  test("what is over is forgotten within a minute or so, though there is room for it", async () => {
    const counters = createMemoryCounterStore();
    const kept = await (async () => {
      const rules = Array.from({ length: 20 }, () => ({ ...limitRules.ip }));
      for (const [key, rule] of rules.entries()) await fail(counters, `k${key}`, rule, 1);
      return rules.map((rule) => new WeakRef(rule));
    })();
    const alive = (): number => {
      collectGarbage();
      return kept.filter((rule) => rule.deref() !== undefined).length;
    };
    await sleep(0);
    expect(alive()).toBe(20);
    await counters.reserve("another", limitRules.ip, nowMs + LEVEL_MEMORY_MS + 60_000);
    await sleep(0);
    expect(alive()).toBe(0);
  });
});
