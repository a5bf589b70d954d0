import { describe, expect, test } from "vitest";
import { issueSignInCode } from "#server/domain/accounts/sign-in-codes.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases } from "#server/testing/databases.ts";
import { openSessionStage, origin, rotated, type SessionStage } from "#server/testing/session-stage.ts";

const DAY_MS = 86_400_000;

async function untilSomebodyWaits({ database }: SessionStage): Promise<void> {
  const text =
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while ((await database.query(text)).length === 0);
}

/** What comes of `work` that begins when a change of alice's password has begun, and is not decided yet. */
async function duringChange<T>(stage: SessionStage, name: string, work: () => Promise<T>): Promise<T> {
  const { auth } = stage.database.store;
  const [changing, ended, decided] = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const change = auth.transaction(async (tx) => {
    await tx.accounts.setPassword("alice", "hash", 1);
    await tx.oneTime.removeOfUser("alice");
    await tx.refreshTokens.revokeOfUser("alice", "password-changed", 1);
    changing?.resolve();
    await decided?.promise;
  });
  await changing?.promise;
  const settling = Promise.allSettled([work().finally(() => ended?.resolve())]);
  // Either it does not wait, or the database says that a transaction does.
  if (name === "PostgreSQL") await Promise.race([ended?.promise, untilSomebodyWaits(stage)]);
  decided?.resolve();
  await change;
  const [outcome] = await settling;
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

describe.each(databases)("a session on $name", ({ name, open }) => {
  test("starts with its first refresh token, and both are in the audit", async () => {
    await using stage = await openSessionStage(open);
    const nowMs = stage.database.clock.nowMs();
    const { sessionId } = await stage.start({ originHash: "o1" });
    expect(await stage.sessions.listLive("alice")).toEqual([
      {
        id: sessionId,
        userId: "alice",
        clientId: "pipit-cli",
        scope: "api:read api:write",
        createdAtMs: nowMs,
        expiresAtMs: nowMs + 180 * DAY_MS,
        revokedAtMs: undefined,
        revokedReason: undefined,
        pendingOtp: false,
        otpTries: 0,
        authTimeMs: nowMs,
        amr: ["pwd"],
        originHash: "o1",
        lastUsedAtMs: nowMs,
        ip: "192.0.2.7",
        userAgent: "a test",
      },
    ]);
    expect(await stage.audited()).toEqual([
      { event: "session.started", reason: null },
      { event: "token.issued", reason: null },
    ]);
  });

  test("without a refresh token lasts as long as it is told", async () => {
    await using stage = await openSessionStage(open);
    const { sessionId, refreshToken } = await stage.start({ withRefreshToken: false, ttlMs: 5_000 });
    expect(refreshToken).toBe("");
    const [session] = await stage.sessions.listLive("alice");
    expect(session).toMatchObject({ id: sessionId, expiresAtMs: stage.database.clock.nowMs() + 5_000 });
  });

  test("gives no scope that its client has lost since", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken } = await stage.start();
    const client = { ...stage.client, scope: "api:read" };
    expect(rotated(await stage.refresh(refreshToken, { client })).scope).toBe("api:read");
  });

  test("that is over is in the audit as often as the disk can bear, however often its token comes", async () => {
    await using stage = await openSessionStage(open);
    const { sessionId, refreshToken } = await stage.start();
    await stage.sessions.revoke({ sessionId, reason: "logout" }, origin);
    for (let count = 0; count < 610; count++) await stage.refresh(refreshToken);
    const refused = (await stage.audited()).filter(({ event }) => event === "token.refused");
    expect(refused).toHaveLength(600);
  });

  test.each([
    ["for an account that was switched off meanwhile", "off"],
    ["for an account that is not there", "nobody"],
  ])("does not start %s", async (_name, userId) => {
    await using stage = await openSessionStage(open);
    await stage.database.store.auth.accounts.create(accountOf({ id: "off", active: false }));
    await expect(stage.start({ userId })).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    expect(await stage.database.query("select id from refresh_families")).toEqual([]);
    expect(await stage.audited()).toEqual([]);
  });

  test("does not start when the password was changed after the proof", async () => {
    await using stage = await openSessionStage(open);
    // Whatever the clocks say: this one is far behind.
    await stage.database.store.auth.accounts.setPassword("alice", "hash", 1);
    await expect(stage.start({ credentialsVersion: 0 })).rejects.toMatchObject({
      code: "CREDENTIALS_INVALID",
    });
    await stage.start({ credentialsVersion: 1 });
  });

  test("waits for a change of password that has begun, and then does not start [G10]", async () => {
    await using stage = await openSessionStage(open);
    const start = () => stage.start({ credentialsVersion: 0 });
    await expect(duringChange(stage, name, start)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    expect(await stage.sessions.listLive("alice")).toEqual([]);
  });

  test("that a change of password ends gets no code for a browser meanwhile, nor after it [G10]", async () => {
    await using stage = await openSessionStage(open);
    const { sessionId } = await stage.start();
    const ask = () =>
      issueSignInCode(stage.database.store.auth, { userId: "alice", scope: ["api:read"], sessionId });
    await expect(ask()).resolves.toBeDefined();
    await expect(duringChange(stage, name, ask)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    await expect(ask()).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    expect(await stage.database.query("select hash from one_time_tokens")).toEqual([]);
  });

  test("ends by its id, once, for its owner only", async () => {
    await using stage = await openSessionStage(open);
    const { sessionId, refreshToken } = await stage.start();
    const end = (userId: string) => stage.sessions.revoke({ sessionId, userId, reason: "revoked" }, origin);
    expect(await end("bob")).toBe(false);
    rotated(await stage.refresh(refreshToken));
    expect(await end("alice")).toBe(true);
    expect(await end("alice")).toBe(false);
    expect(stage.forgotten).toContain(sessionId);
    expect(await stage.sessions.listLive("alice")).toEqual([]);
    expect((await stage.audited()).at(-1)).toEqual({ event: "session.revoked", reason: "revoked" });
  });

  test("ends by its refresh token, also by a used one; an unknown token or another client's changes nothing", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken, sessionId } = await stage.start();
    const end = (token: string, clientId = "pipit-cli") =>
      stage.sessions.revokeByRefreshToken({ refreshToken: token, clientId }, origin);
    expect(await end(`prt_${"A".repeat(43)}`)).toBe(false);
    expect(await end(refreshToken, "pipit-web")).toBe(false);
    const leaf = rotated(await stage.refresh(refreshToken));
    expect(await end(refreshToken)).toBe(true);
    expect(stage.forgotten).toEqual([sessionId]);
    expect(await stage.refresh(leaf.refreshToken)).toMatchObject({ reason: "revoked" });
  });

  test("all of a user end in the caller's transaction, but the one that stays", async () => {
    await using stage = await openSessionStage(open);
    const gone = await stage.start();
    const stays = await stage.start();
    const others = await stage.start({ userId: "bob" });
    const ended = await stage.database.store.auth.transaction((tx) =>
      tx.refreshTokens.revokeOfUser("alice", "password-changed", 1, stays.sessionId),
    );
    expect(ended).toEqual([gone.sessionId]);
    expect(await stage.refresh(gone.refreshToken)).toMatchObject({ reason: "revoked" });
    rotated(await stage.refresh(stays.refreshToken));
    rotated(await stage.refresh(others.refreshToken));
  });

  test("all that came from a code end when it is used twice", async () => {
    await using stage = await openSessionStage(open);
    const fromCode = await stage.start({ originHash: "o1" });
    const other = await stage.start({ originHash: "o2" });
    expect(await stage.sessions.revokeByOrigin("o1", origin)).toBe(1);
    expect(await stage.sessions.revokeByOrigin("o1", origin)).toBe(0);
    expect(await stage.refresh(fromCode.refreshToken)).toMatchObject({ reason: "revoked" });
    rotated(await stage.refresh(other.refreshToken));
    expect(stage.forgotten).toEqual([fromCode.sessionId]);
    expect(await stage.audited()).toContainEqual({ event: "session.revoked", reason: "code-replayed" });
  });

  test("does not outlive its code, when that was used twice before the session was made", async () => {
    await using stage = await openSessionStage(open);
    await stage.sessions.revokeByOrigin("o1", origin);
    await expect(stage.start({ originHash: "o1" })).rejects.toMatchObject({ detail: "code-replayed" });
    expect(await stage.sessions.listLive("alice")).toEqual([]);
    await stage.start({ originHash: "o2" });
  });

  test("is found by the refresh token that would be granted, and by no other", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken, sessionId } = await stage.start();
    expect((await stage.sessions.findByRefreshToken(refreshToken))?.family.id).toBe(sessionId);
    const leaf = rotated(await stage.refresh(refreshToken));
    expect(await stage.sessions.findByRefreshToken(refreshToken)).toBeUndefined();
    expect(await stage.sessions.findByRefreshToken("prt_")).toBeUndefined();
    stage.database.clock.advance(30 * DAY_MS);
    expect(await stage.sessions.findByRefreshToken(leaf.refreshToken)).toBeUndefined();
  });
});
