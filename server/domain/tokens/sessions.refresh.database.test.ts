import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { openSessionStage, origin, rotated, type SessionStage } from "#server/testing/session-stage.ts";

const DAY_MS = 86_400_000;
const GRACE_MS = 15 * 60 * 1000;

/** Unused tokens of sessions that live. */
const leavesOf = ({ database }: SessionStage) =>
  database.query(
    "select family_id from refresh_tokens join refresh_families f on f.id = family_id " +
      "where consumed_at_ms is null and revoked_at_ms is null",
  );

describe.each(databases)("a refresh on $name", ({ open }) => {
  test("RFC 9700 §4.14 [10]: exchanges a token for its successor, again and again, and the session is then last used", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken: first, sessionId } = await stage.start();
    const seen = new Set([first]);
    let refreshToken = first;
    for (let n = 0; n < 5; n++) {
      stage.database.clock.advance(60_000);
      const outcome = rotated(await stage.refresh(refreshToken));
      expect(outcome).toMatchObject({
        sessionId,
        account: { id: "alice" },
        scope: "api:read api:write",
        replayed: false,
        amr: ["pwd"],
        expiresAtMs: stage.database.clock.nowMs() + 30 * DAY_MS,
      });
      ({ refreshToken } = outcome);
      seen.add(refreshToken);
    }
    expect(seen.size).toBe(6);
    const [session] = await stage.sessions.listLive("alice");
    expect(session).toMatchObject({ id: sessionId, lastUsedAtMs: stage.database.clock.nowMs() });
    expect((await stage.audited()).filter(({ event }) => event === "token.refreshed")).toHaveLength(5);
  });

  test.each(["", "prt_short", `prt_${"A".repeat(43)}`, "x".repeat(100_000), "prt_\u0000"])(
    "by an unknown token (%#) is refused",
    async (refreshToken) => {
      await using stage = await openSessionStage(open);
      expect(await stage.refresh(refreshToken)).toEqual({
        kind: "refused",
        error: "invalid_grant",
        reason: "unknown",
      });
    },
  );

  test("RFC 6749 §6 [6]: by another client is refused, and the token stays as it was, used or not", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken, sessionId } = await stage.start();
    const client = { ...stage.client, clientId: "pipit-web" };
    const refused = { kind: "refused", error: "invalid_grant", reason: "other-client", sessionId };
    expect(await stage.refresh(refreshToken, { client })).toEqual(refused);
    const leaf = rotated(await stage.refresh(refreshToken));
    stage.database.clock.advance(GRACE_MS);
    expect(await stage.refresh(refreshToken, { client })).toEqual(refused);
    rotated(await stage.refresh(leaf.refreshToken));
  });

  test("RFC 9700 §2.2.2 [12]: ends after 30 idle days, to the millisecond", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken } = await stage.start();
    stage.database.clock.advance(30 * DAY_MS - 1);
    const second = rotated(await stage.refresh(refreshToken));
    stage.database.clock.advance(30 * DAY_MS);
    expect(await stage.refresh(second.refreshToken)).toMatchObject({ reason: "expired" });
  });

  test("RFC 9700 §2.2.2 [12]: ends 180 days after the sign-in, however often it was refreshed", async () => {
    await using stage = await openSessionStage(open);
    const endMs = stage.database.clock.nowMs() + 180 * DAY_MS;
    let { refreshToken } = await stage.start();
    let expiresAtMs = 0;
    while (expiresAtMs < endMs) {
      stage.database.clock.advance(30 * DAY_MS - 1);
      ({ refreshToken, expiresAtMs } = rotated(await stage.refresh(refreshToken)));
    }
    expect(expiresAtMs).toBe(endMs);
    stage.database.clock.advance(endMs - stage.database.clock.nowMs());
    expect(await stage.refresh(refreshToken)).toMatchObject({ reason: "expired" });
  });

  test("RFC 9700 §2.2.2 [12]: lives as long as its client says", async () => {
    await using stage = await openSessionStage(open, { refreshTtlSeconds: 60, refreshAbsoluteSeconds: 100 });
    const { refreshToken } = await stage.start();
    stage.database.clock.advance(59_999);
    const second = rotated(await stage.refresh(refreshToken));
    stage.database.clock.advance(40_001);
    expect(await stage.refresh(second.refreshToken)).toMatchObject({ reason: "expired" });
  });

  test("for an account or a client that was switched off is refused", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken } = await stage.start();
    const client = { ...stage.client, active: false };
    expect(await stage.refresh(refreshToken, { client })).toMatchObject({ reason: "client-inactive" });
    await stage.database.store.auth.accounts.update("alice", { active: false }, 1);
    expect(await stage.refresh(refreshToken)).toMatchObject({ reason: "account-inactive" });
    expect((await stage.audited()).at(-1)).toEqual({ event: "token.refused", reason: "account-inactive" });
  });

  test("of a session that owes a code is refused", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken } = await stage.start();
    await stage.database.query("update refresh_families set pending_otp = 1");
    expect(await stage.refresh(refreshToken)).toMatchObject({ reason: "otp-owed" });
  });

  test.each([
    [undefined, "api:read api:write"],
    ["api:read", "api:read"],
    ["api:write api:read", "api:write api:read"],
  ])("RFC 6749 §6 [5]: of scope %s gives %s, and the successor keeps the whole", async (scope, expected) => {
    await using stage = await openSessionStage(open);
    const { refreshToken } = await stage.start();
    const first = rotated(await stage.refresh(refreshToken, scope === undefined ? {} : { scope }));
    expect(first.scope).toBe(expected);
    expect(rotated(await stage.refresh(first.refreshToken)).scope).toBe("api:read api:write");
  });

  test.each(["api:read api:admin", "API:READ", "", " "])(
    "RFC 6749 §6 [5]: of scope %j is refused, and the token stays as it was",
    async (scope) => {
      await using stage = await openSessionStage(open);
      const { refreshToken, sessionId } = await stage.start();
      expect(await stage.refresh(refreshToken, { scope })).toEqual({
        kind: "refused",
        error: "invalid_scope",
        reason: "wider-scope",
        sessionId,
      });
      expect(rotated(await stage.refresh(refreshToken)).replayed).toBe(false);
    },
  );
});

describe.each(databases)("a refresh whose answer was lost, on $name,", ({ open }) => {
  test.each([0, 2_000, 12_000, 10 * 60_000, GRACE_MS - 1_000])(
    "and which is repeated %d ms later gets the same successor, also from another server, and the session lives",
    async (laterMs) => {
      await using stage = await openSessionStage(open);
      const other = stage.sessionsOn(stage.database.store);
      const { refreshToken, sessionId } = await stage.start();
      const lost = rotated(await stage.refresh(refreshToken));
      stage.database.clock.advance(laterMs);
      const retry = rotated(
        await other.refresh({ refreshToken, client: stage.client, scope: "api:read" }, origin),
      );
      expect(retry).toEqual({ ...lost, scope: "api:read", replayed: true });
      expect(await leavesOf(stage)).toEqual([{ family_id: sessionId }]);
      expect(rotated(await stage.refresh(retry.refreshToken)).replayed).toBe(false);
      expect(await leavesOf(stage)).toEqual([{ family_id: sessionId }]);
    },
  );

  test.each([0, 1, -1])("has no second try where the client is strict, %i ms later", async (laterMs) => {
    await using stage = await openSessionStage(open, { refreshGraceMs: 0 });
    const { refreshToken } = await stage.start();
    await stage.refresh(refreshToken);
    stage.database.clock.advance(laterMs);
    expect(await stage.refresh(refreshToken)).toMatchObject({ reason: "reused" });
    expect(await leavesOf(stage)).toEqual([]);
  });
});

describe.each(databases)("RFC 9700 §4.14 [11]: reuse ends the session and only it, on $name", ({ open }) => {
  test.each([
    ["after the grace", GRACE_MS, false],
    ["at once, when the child is used", 0, true],
    ["within the grace, when the child is used", GRACE_MS - 60_000, true],
    ["after the token's own life", 30 * DAY_MS + 1, false],
  ])("%s", async (_name, laterMs, useChild) => {
    await using stage = await openSessionStage(open);
    const other = await stage.start();
    const { refreshToken, sessionId } = await stage.start();
    let leaf = rotated(await stage.refresh(refreshToken));
    if (useChild) leaf = rotated(await stage.refresh(leaf.refreshToken));
    stage.database.clock.advance(laterMs);
    expect(await stage.refresh(refreshToken)).toEqual({
      kind: "refused",
      error: "invalid_grant",
      reason: "reused",
      sessionId,
    });
    expect(stage.forgotten).toEqual([sessionId]);
    expect((await stage.audited()).slice(-2)).toEqual([
      { event: "token.reuse_detected", reason: "reused" },
      { event: "session.revoked", reason: "reused" },
    ]);
    for (const token of [leaf.refreshToken, refreshToken]) {
      expect(await stage.refresh(token)).toMatchObject({ reason: "revoked" });
    }
    if (laterMs < 30 * DAY_MS) rotated(await stage.refresh(other.refreshToken));
  });
});

test("no refresh token is in the database, only its SHA-256", async () => {
  const sqlite = databases[0];
  if (sqlite === undefined) throw new Error("SQLite is always there");
  await using stage = await openSessionStage(sqlite.open);
  const { refreshToken } = await stage.start();
  const { refreshToken: successor } = rotated(await stage.refresh(refreshToken));
  if (!("file" in stage.database.location)) throw new Error("SQLite has a file");
  const { file } = stage.database.location;
  const bytes = Buffer.concat([await readFile(file), await readFile(`${file}-wal`)]);
  for (const token of [refreshToken, successor]) expect(bytes.includes(token.slice(4, 30))).toBe(false);
});
