import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { openTemporaryStore } from "#server/store/testing/temporary-store.ts";
import { loadMasterKey } from "./master-key.ts";
import {
  createRefreshTokens,
  REFRESH_FAMILY_TTL_MS,
  REFRESH_GRACE_MS,
  REFRESH_TOKEN_TTL_MS,
  type RotateOutcome,
} from "./refresh-tokens.ts";

const signIn = { userId: "alice", clientId: "pipit-cli", scope: "chat profile" };
const clientId = signIn.clientId;

async function setUp(options: { graceMs?: number } = {}) {
  const temporary = await openTemporaryStore();
  const masterKey = await loadMasterKey({ dataDir: temporary.dir });
  const store = temporary.store.refreshTokens;
  const tokens = createRefreshTokens({ store, masterKey, clock: temporary.clock, ...options });
  return { ...temporary, rows: store, masterKey, tokens };
}

function rotated(outcome: RotateOutcome): Extract<RotateOutcome, { kind: "rotated" }> {
  if (outcome.kind !== "rotated") throw new Error(`refused: ${outcome.reason}`);
  return outcome;
}

describe("issue", () => {
  test("gives an opaque token of 256 bits for 30 days", async () => {
    await using parts = await setUp();
    const first = await parts.tokens.issue(signIn);
    const second = await parts.tokens.issue(signIn);
    expect(first.refreshToken).toMatch(/^prt_[A-Za-z0-9_-]{43}$/);
    expect(first.expiresAtMs).toBe(parts.clock.nowMs() + 30 * 24 * 3600 * 1000);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.familyId).not.toBe(first.familyId);
  });

  test("no token is in the database or its log, only its SHA-256", async () => {
    await using parts = await setUp();
    const { refreshToken } = await parts.tokens.issue(signIn);
    const { refreshToken: successor } = rotated(await parts.tokens.rotate({ refreshToken, clientId }));
    const bytes = Buffer.concat([await readFile(parts.file), await readFile(`${parts.file}-wal`)]);
    for (const token of [refreshToken, successor]) {
      expect(bytes.includes(token.slice(4, 30))).toBe(false);
      expect(bytes.includes(createHash("sha256").update(token).digest("base64url"))).toBe(true);
    }
  });
});

describe("rotate", () => {
  test("exchanges a token for its successor, again and again", async () => {
    await using parts = await setUp();
    const issued = await parts.tokens.issue(signIn);
    let { refreshToken } = issued;
    const seen = new Set([refreshToken]);
    for (let n = 0; n < 5; n++) {
      parts.clock.advance(60_000);
      const outcome = rotated(await parts.tokens.rotate({ refreshToken, clientId }));
      expect(outcome).toMatchObject({
        familyId: issued.familyId,
        userId: "alice",
        clientId,
        scope: "chat profile",
        replayed: false,
        expiresAtMs: parts.clock.nowMs() + REFRESH_TOKEN_TTL_MS,
      });
      ({ refreshToken } = outcome);
      seen.add(refreshToken);
    }
    expect(seen.size).toBe(6);
  });

  test.each(["", "prt_", "prt_short", `prt_${"A".repeat(43)}`, "x".repeat(100_000), "prt_\u0000"])(
    "an unknown token (%#) is an invalid grant",
    async (refreshToken) => {
      await using parts = await setUp();
      expect(await parts.tokens.rotate({ refreshToken, clientId })).toEqual({
        kind: "refused",
        error: "invalid_grant",
        reason: "unknown",
      });
    },
  );

  test("another client is refused and the token stays as it was", async () => {
    await using parts = await setUp();
    const { refreshToken, familyId } = await parts.tokens.issue(signIn);
    for (let n = 0; n < 3; n++) {
      expect(await parts.tokens.rotate({ refreshToken, clientId: "pipit-web" })).toEqual({
        kind: "refused",
        error: "invalid_grant",
        reason: "other-client",
        familyId,
      });
    }
    expect(rotated(await parts.tokens.rotate({ refreshToken, clientId })).replayed).toBe(false);
  });

  test("another client that shows a used token does not end the family", async () => {
    await using parts = await setUp();
    const { refreshToken } = await parts.tokens.issue(signIn);
    const child = rotated(await parts.tokens.rotate({ refreshToken, clientId }));
    parts.clock.advance(REFRESH_GRACE_MS);
    expect(await parts.tokens.rotate({ refreshToken, clientId: "pipit-web" })).toMatchObject({
      reason: "other-client",
    });
    expect(rotated(await parts.tokens.rotate({ refreshToken: child.refreshToken, clientId })).kind).toBe(
      "rotated",
    );
  });

  test("a token ends after 30 days, to the millisecond", async () => {
    await using parts = await setUp();
    const first = await parts.tokens.issue(signIn);
    parts.clock.advance(REFRESH_TOKEN_TTL_MS - 1);
    const second = rotated(await parts.tokens.rotate({ refreshToken: first.refreshToken, clientId }));
    parts.clock.advance(REFRESH_TOKEN_TTL_MS);
    expect(await parts.tokens.rotate({ refreshToken: second.refreshToken, clientId })).toMatchObject({
      error: "invalid_grant",
      reason: "expired",
    });
  });

  test("a sign-in ends, however often it is refreshed", async () => {
    await using parts = await setUp();
    const first = await parts.tokens.issue(signIn);
    const endMs = parts.clock.nowMs() + REFRESH_FAMILY_TTL_MS;
    let { refreshToken, expiresAtMs } = first;
    while (expiresAtMs < endMs) {
      parts.clock.advance(REFRESH_TOKEN_TTL_MS - 1);
      ({ refreshToken, expiresAtMs } = rotated(await parts.tokens.rotate({ refreshToken, clientId })));
    }
    expect(expiresAtMs).toBe(endMs);
    parts.clock.advance(endMs - parts.clock.nowMs());
    expect(await parts.tokens.rotate({ refreshToken, clientId })).toMatchObject({ reason: "expired" });
  });
});

describe("scope", () => {
  test.each([
    [undefined, "chat profile"],
    ["chat", "chat"],
    ["profile chat", "profile chat"],
  ])("%s gives %s, and the successor keeps the whole", async (scope, expected) => {
    await using parts = await setUp();
    const { refreshToken } = await parts.tokens.issue(signIn);
    const first = rotated(await parts.tokens.rotate({ refreshToken, clientId, scope }));
    expect(first.scope).toBe(expected);
    expect(rotated(await parts.tokens.rotate({ refreshToken: first.refreshToken, clientId })).scope).toBe(
      "chat profile",
    );
  });

  test.each(["chat admin", "CHAT", "", " "])("%j is refused and the token stays as it was", async (scope) => {
    await using parts = await setUp();
    const { refreshToken, familyId } = await parts.tokens.issue(signIn);
    expect(await parts.tokens.rotate({ refreshToken, clientId, scope })).toEqual({
      kind: "refused",
      error: "invalid_scope",
      reason: "wider-scope",
      familyId,
    });
    expect(rotated(await parts.tokens.rotate({ refreshToken, clientId })).replayed).toBe(false);
  });
});

describe("a retry within the grace", () => {
  test("gets the same successor while that is unused", async () => {
    await using parts = await setUp();
    const { refreshToken } = await parts.tokens.issue(signIn);
    const first = rotated(await parts.tokens.rotate({ refreshToken, clientId }));
    parts.clock.advance(REFRESH_GRACE_MS - 1);
    const retry = rotated(await parts.tokens.rotate({ refreshToken, clientId, scope: "chat" }));
    expect(retry).toEqual({ ...first, scope: "chat", replayed: true });
    expect(rotated(await parts.tokens.rotate({ refreshToken: first.refreshToken, clientId })).replayed).toBe(
      false,
    );
  });

  test("also from another process with the same master key", async () => {
    await using parts = await setUp();
    const other = createRefreshTokens({ store: parts.rows, masterKey: parts.masterKey, clock: parts.clock });
    const { refreshToken } = await parts.tokens.issue(signIn);
    const first = rotated(await parts.tokens.rotate({ refreshToken, clientId }));
    expect(rotated(await other.rotate({ refreshToken, clientId })).refreshToken).toBe(first.refreshToken);
  });

  test("eight at once: one successor, no fork", async () => {
    await using parts = await setUp();
    for (let family = 0; family < 10; family++) {
      const { refreshToken } = await parts.tokens.issue(signIn);
      const outcomes = (
        await Promise.all(Array.from({ length: 8 }, () => parts.tokens.rotate({ refreshToken, clientId })))
      ).map(rotated);
      expect(new Set(outcomes.map((outcome) => outcome.refreshToken)).size).toBe(1);
      expect(outcomes.filter((outcome) => !outcome.replayed)).toHaveLength(1);
      const [winner] = outcomes;
      expect(
        rotated(await parts.tokens.rotate({ refreshToken: winner?.refreshToken ?? "", clientId })).replayed,
      ).toBe(false);
    }
  });
});

describe("reuse ends the family and only it", () => {
  test.each([
    ["after the grace", REFRESH_GRACE_MS, false],
    ["within the grace, when the child is used", 1, true],
    ["after the token's own life", REFRESH_TOKEN_TTL_MS + 1, false],
  ])("%s", async (_name, laterMs, useChild) => {
    await using parts = await setUp();
    const other = await parts.tokens.issue(signIn);
    const { refreshToken, familyId } = await parts.tokens.issue(signIn);
    let leaf = rotated(await parts.tokens.rotate({ refreshToken, clientId }));
    if (useChild) leaf = rotated(await parts.tokens.rotate({ refreshToken: leaf.refreshToken, clientId }));
    parts.clock.advance(laterMs);
    expect(await parts.tokens.rotate({ refreshToken, clientId })).toEqual({
      kind: "refused",
      error: "invalid_grant",
      reason: "reused",
      familyId,
    });
    expect(await parts.tokens.rotate({ refreshToken: leaf.refreshToken, clientId })).toMatchObject({
      reason: "revoked",
    });
    expect(await parts.tokens.rotate({ refreshToken, clientId })).toMatchObject({ reason: "revoked" });
    if (laterMs < REFRESH_TOKEN_TTL_MS) {
      expect(rotated(await parts.tokens.rotate({ refreshToken: other.refreshToken, clientId })).kind).toBe(
        "rotated",
      );
    }
  });

  test.each([
    ["of the server", { graceMs: 0 }, undefined],
    ["of one client", {}, 0],
  ])("strict mode %s: of eight at once nothing is left alive", async (_name, options, graceMs) => {
    await using parts = await setUp(options);
    const { refreshToken } = await parts.tokens.issue(signIn);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => parts.tokens.rotate({ refreshToken, clientId, graceMs })),
    );
    const winners = outcomes.filter((outcome) => outcome.kind === "rotated");
    expect(winners.length).toBeLessThanOrEqual(1);
    expect(outcomes.some((outcome) => outcome.kind === "refused" && outcome.reason === "reused")).toBe(true);
    for (const winner of winners) {
      expect(
        await parts.tokens.rotate({ refreshToken: winner.refreshToken, clientId, graceMs }),
      ).toMatchObject({ kind: "refused", reason: "revoked" });
    }
  });
});

describe("revoke", () => {
  test("ends the family of a token, also of a used one", async () => {
    await using parts = await setUp();
    const { refreshToken } = await parts.tokens.issue(signIn);
    const leaf = rotated(await parts.tokens.rotate({ refreshToken, clientId }));
    await parts.tokens.revoke({ refreshToken, clientId });
    expect(await parts.tokens.rotate({ refreshToken: leaf.refreshToken, clientId })).toMatchObject({
      reason: "revoked",
    });
  });

  test("an unknown token or another client's changes nothing", async () => {
    await using parts = await setUp();
    const { refreshToken } = await parts.tokens.issue(signIn);
    await parts.tokens.revoke({ refreshToken: `prt_${"A".repeat(43)}`, clientId });
    await parts.tokens.revoke({ refreshToken, clientId: "pipit-web" });
    expect(rotated(await parts.tokens.rotate({ refreshToken, clientId })).kind).toBe("rotated");
  });

  test("a logout that overtakes a refresh wins", async () => {
    await using parts = await setUp();
    const { refreshToken } = await parts.tokens.issue(signIn);
    const racing = createRefreshTokens({
      masterKey: parts.masterKey,
      clock: parts.clock,
      store: {
        createFamily: (...args) => parts.rows.createFamily(...args),
        find: (hash) => parts.rows.find(hash),
        revokeFamily: (...args) => parts.rows.revokeFamily(...args),
        async rotate(...args) {
          await parts.tokens.revoke({ refreshToken, clientId });
          return parts.rows.rotate(...args);
        },
      },
    });
    expect(await racing.rotate({ refreshToken, clientId })).toMatchObject({
      kind: "refused",
      reason: "revoked",
    });
  });
});
