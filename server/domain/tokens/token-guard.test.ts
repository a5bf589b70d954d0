import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { describe, expect, test } from "vitest";
import type { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { collectGarbage } from "#server/testing/collect-garbage.ts";
import { createManualClock } from "#server/testing/temporary-store.ts";
import type { TokenState } from "./ports.ts";
import { createTokenGuard } from "./token-guard.ts";

const caller: Caller = {
  userId: "alice",
  clientId: "pipit-cli",
  scope: ["api:read"],
  anonymous: false,
  kind: "user",
  sessionId: "family-1",
  tokenId: "token-1",
};
const service: Caller = {
  userId: "worker",
  clientId: "worker",
  scope: [],
  anonymous: false,
  kind: "service",
  tokenId: "token-s",
};
const good: TokenState = { session: "live", accountActive: true, clientActive: true, jtiRevoked: false };

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function setUp() {
  const clock = createManualClock();
  const looks: unknown[] = [];
  const answer = { state: good, error: undefined as Error | undefined };
  const guard = createTokenGuard({
    bus: createMemoryBus(),
    clock,
    states: {
      async find(tokens) {
        looks.push(...tokens);
        if (answer.error !== undefined) throw answer.error;
        return tokens.map(() => answer.state);
      },
    },
  });
  return { clock, looks, answer, guard };
}

describe("the guard", () => {
  test("lets a live token pass as it is, after one look at all it names", async () => {
    const { guard, looks } = setUp();
    expect(await guard.check(caller)).toBe(caller);
    expect(looks).toEqual([{ sid: "family-1", userId: "alice", clientId: "pipit-cli", jti: "token-1" }]);
  });

  test.each<[string, Partial<TokenState>]>([
    ["a revoked session", { session: "revoked" }],
    ["an unknown session", { session: "unknown" }],
    ["a client that was switched off", { clientActive: false }],
    ["a revoked token", { jtiRevoked: true }],
  ])("refuses %s", async (_name, change) => {
    const { guard, answer } = setUp();
    answer.state = { ...good, ...change };
    await expect(guard.check(caller)).rejects.toMatchObject({
      code: "TOKEN_INVALID",
      message: "This sign-in has ended. Sign in again.",
    });
  });

  test.each([
    ["switched off", false],
    ["erased", undefined],
  ])("names an account that was %s, whose sessions have ended with it", async (_name, accountActive) => {
    const { guard, answer } = setUp();
    answer.state = { ...good, session: "revoked", accountActive };
    await expect(guard.check(caller)).rejects.toMatchObject({ code: "ACCOUNT_CLOSED" });
  });

  test("lets a sign-in that owes a code do nothing but give it", async () => {
    const { guard, answer } = setUp();
    answer.state = { ...good, session: "pending-otp" };
    await expect(guard.check(caller)).rejects.toMatchObject({ code: "OTP_REQUIRED" });
    expect(await guard.check(caller, { allowPendingOtp: true })).toEqual({ ...caller, pendingOtp: true });
    answer.state = { ...good, session: "pending-otp", accountActive: false };
    guard.forgetAll();
    await expect(guard.check(caller, { allowPendingOtp: true })).rejects.toMatchObject({
      code: "ACCOUNT_CLOSED",
    });
  });

  test("asks for no account of a service, and for nothing of a caller without a token", async () => {
    const { guard, answer, looks } = setUp();
    answer.state = { ...good, accountActive: undefined };
    expect(await guard.check(service)).toBe(service);
    const { tokenId: _, ...cookie } = caller;
    expect(await guard.check(cookie)).toBe(cookie);
    expect(looks).toHaveLength(1);
    answer.state = { ...good, accountActive: undefined, clientActive: false };
    guard.forget("token-s");
    await expect(guard.check(service)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("believes what it saw for less than a second, whichever way the clock goes", async () => {
    const { guard, answer, clock, looks } = setUp();
    await Promise.all([guard.check(caller), guard.check(caller), guard.check(caller)]);
    clock.advance(999);
    await guard.check(caller);
    expect(looks).toHaveLength(1);
    answer.state = { ...good, session: "revoked" };
    clock.advance(1);
    await expect(guard.check(caller)).rejects.toThrow();
    answer.state = good;
    clock.advance(-600_000);
    await guard.check(caller);
    expect(looks).toHaveLength(3);
  });

  test.each(["family-1", "token-1"])("forgets at once what is known of %s", async (id) => {
    const { guard, answer, looks } = setUp();
    await guard.check(caller);
    await guard.check({ ...caller, sessionId: "family-2", tokenId: "token-2" });
    answer.state = { ...good, session: "revoked" };
    guard.forget("never seen");
    guard.forget(id);
    await expect(guard.check(caller)).rejects.toThrow();
    await guard.check({ ...caller, sessionId: "family-2", tokenId: "token-2" });
    expect(looks).toHaveLength(3);
  });

  test("forgets every token of a session", async () => {
    const { guard, answer } = setUp();
    const tokens = ["a", "b", "c"].map((tokenId) => ({ ...caller, tokenId }));
    for (const one of tokens) await guard.check(one);
    answer.state = { ...good, session: "revoked" };
    guard.forget("family-1");
    for (const one of tokens) await expect(guard.check(one)).rejects.toThrow();
  });

  test("keeps nothing of sessions that it was told to forget, or looked at long ago", async () => {
    const { guard, clock, looks } = setUp();
    const before = heapBytes();
    for (let n = 0; n < 100; n++) {
      // Flat, so that it takes its whole length.
      const sessionId = Buffer.alloc(500_000, `${n},`).toString("latin1");
      await guard.check({ ...caller, sessionId, tokenId: "first" });
      clock.advance(1_000);
      await guard.check({ ...caller, sessionId: `${sessionId}2`, tokenId: "first" });
      await guard.check({ ...caller, sessionId, tokenId: "second" });
      guard.forget(n % 2 === 0 ? sessionId : "second");
      looks.length = 0;
    }
    expect(heapBytes() - before).toBeLessThan(20_000_000);
    await guard.check(caller);
  });

  test("forgets a session in no time, however many tokens it knows", async () => {
    const { guard, looks } = setUp();
    const callers = Array.from({ length: 10_000 }, (_, n) => ({
      ...caller,
      sessionId: `family-${n}`,
      tokenId: `token-${n}`,
    }));
    for (const one of callers) await guard.check(one);
    const { user: before } = process.cpuUsage();
    for (const { sessionId } of callers.slice(1)) guard.forget(sessionId);
    // About 20 ms; looking through all that is known takes a second.
    expect(process.cpuUsage().user - before).toBeLessThan(300_000);
    looks.length = 0;
    for (const one of callers.slice(0, 3)) await guard.check(one);
    expect(looks).toHaveLength(2);
  });

  test("does not believe a failed look", async () => {
    const { guard, answer } = setUp();
    answer.error = new Error("gone");
    await expect(guard.check(caller)).rejects.toThrow("gone");
    answer.error = undefined;
    expect(await guard.check(caller)).toBe(caller);
  });

  test("does not let a look that began before a revocation outlive it", async () => {
    const clock = createManualClock();
    const { promise, resolve } = Promise.withResolvers<TokenState>();
    const answers = [promise, Promise.resolve<TokenState>({ ...good, session: "revoked" })];
    const guard = createTokenGuard({
      bus: createMemoryBus(),
      clock,
      states: { find: async () => [(await answers.shift()) ?? good] },
    });
    const before = guard.check(caller);
    guard.forget("family-1");
    resolve(good);
    await before;
    await expect(guard.check(caller)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("keeps no more than its limit, and the newest", async () => {
    const { guard, looks } = setUp();
    for (let n = 0; n <= 10_000; n++) {
      await guard.check({ ...caller, sessionId: `family-${n}`, tokenId: `token-${n}` });
    }
    expect(looks).toHaveLength(10_001);
    await guard.check({ ...caller, sessionId: "family-10000", tokenId: "token-10000" });
    expect(looks).toHaveLength(10_001);
    await guard.check({ ...caller, sessionId: "family-0", tokenId: "token-0" });
    expect(looks).toHaveLength(10_002);
  });

  test("S4: tells what runs on that its sign-in has ended, once, and nothing while it cannot know", async () => {
    const { guard, answer } = setUp();
    const ends: string[] = [];
    const note =
      (who: string) =>
      ({ code }: PipitError): void =>
        void ends.push(`${who} ${code}`);
    using watches = new DisposableStack();
    watches.use(guard.watch(caller, note("stream")));
    const { tokenId: _tokenId, sessionId: _sessionId, ...anybody } = caller;
    watches.use(guard.watch({ ...anybody, webSessionId: "w1" }, note("cookie")));
    watches.use(guard.watch(anybody, note("nobody")));
    guard.watch(caller, note("left"))[Symbol.dispose]();
    const looked = async (): Promise<void> => {
      guard.forgetAll();
      await new Promise((resolve) => setImmediate(resolve));
    };
    await looked();
    answer.error = new Error("the database is away");
    await looked();
    expect(ends).toEqual([]);
    answer.error = undefined;
    answer.state = { ...good, session: "revoked" };
    await looked();
    await looked();
    expect(ends).toEqual(["stream TOKEN_INVALID", "cookie TOKEN_INVALID"]);
  });

  test("an end that was told is believed by what the ended ask next: nothing that was looked up before is", async () => {
    const { guard, answer } = setUp();
    expect(await guard.check(caller)).toBe(caller);
    answer.state = { ...good, session: "revoked" };
    const ended = Promise.withResolvers<unknown>();
    const watch = guard.watch(caller, (error) => ended.resolve(guard.check(caller).catch(() => error)));
    guard.forget("what another server says of others");
    expect(await ended.promise).toMatchObject({ code: "TOKEN_INVALID" });
    watch[Symbol.dispose]();
  });
});
