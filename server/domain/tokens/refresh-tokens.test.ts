import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createRefreshTokenMaker, hashOfRefreshToken, isRefreshToken } from "./refresh-tokens.ts";
import { testMasterKey } from "#server/testing/session-stage.ts";

const maker = createRefreshTokenMaker(testMasterKey);
const family = { id: "f1", expiresAtMs: 1_000_000 };
const client = { refreshTtlSeconds: 60 };

describe("a first token", () => {
  test("RFC 6749 §10.10 [8]: is opaque, with 256 bits of chance", () => {
    const tokens = Array.from({ length: 100 }, () => maker.first(family, client, 0).refreshToken);
    for (const token of tokens) expect(token).toMatch(/^prt_[A-Za-z0-9_-]{43}$/);
    expect(new Set(tokens).size).toBe(100);
  });

  test("is stored as its SHA-256 only", () => {
    const { refreshToken, row } = maker.first(family, client, 0);
    expect(row).toEqual({
      hash: createHash("sha256").update(refreshToken).digest("base64url"),
      familyId: "f1",
      generation: 0,
      expiresAtMs: 60_000,
      consumedAtMs: undefined,
    });
    expect(row.hash).toBe(hashOfRefreshToken(refreshToken));
  });

  test("ends with its family at the latest", () => {
    expect(maker.first(family, client, 999_999).row.expiresAtMs).toBe(1_000_000);
  });
});

describe("a successor", () => {
  const { refreshToken, row } = maker.first(family, client, 0);
  const successor = maker.successor(refreshToken, row, family, client, 0);

  test("is the same each time it is made", () => {
    expect(maker.successor(refreshToken, row, family, client, 5).refreshToken).toBe(successor.refreshToken);
    expect(successor.row.generation).toBe(1);
    expect(isRefreshToken(successor.refreshToken)).toBe(true);
  });

  test("is another for another token, family, generation or key", () => {
    const otherKey = createRefreshTokenMaker({ derive: () => Buffer.alloc(32, 7) });
    const others = [
      maker.successor(`prt_${"A".repeat(43)}`, row, family, client, 0),
      maker.successor(refreshToken, row, { ...family, id: "f2" }, client, 0),
      maker.successor(refreshToken, { ...row, generation: 1 }, family, client, 0),
      otherKey.successor(refreshToken, row, family, client, 0),
    ].map((made) => made.refreshToken);
    expect(new Set([...others, successor.refreshToken]).size).toBe(5);
  });
});

test.each(["", "prt_", "prt_short", `prt_${"A".repeat(44)}`, `PRT_${"A".repeat(43)}`, "a.b.c", "prt_\0"])(
  "%j is no refresh token",
  (text) => {
    expect(isRefreshToken(text)).toBe(false);
  },
);
