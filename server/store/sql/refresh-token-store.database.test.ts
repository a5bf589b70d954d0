import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { eightAtOnce } from "#server/testing/eight-at-once.ts";
import { familyOf, tokenOf } from "#server/testing/family-of.ts";

const family = familyOf();
const token = tokenOf();

describe.each(databases)("sessions on $name", ({ open }) => {
  test("come back whole, with or without a token", async () => {
    await using temporary = await open();
    const { refreshTokens } = temporary.store.auth;
    const full = familyOf({
      pendingOtp: true,
      otpTries: 2,
      amr: ["pwd", "otp"],
      originHash: "o1",
      ip: "192.0.2.1",
      userAgent: "Ann's browser",
      revokedAtMs: 3,
      revokedReason: "code-replayed",
    });
    await refreshTokens.createFamily(full, token);
    await refreshTokens.createFamily(familyOf({ id: "f2" }));
    expect(await refreshTokens.findFamily("f1")).toEqual(full);
    expect(await refreshTokens.findFamily("f2")).toEqual(familyOf({ id: "f2" }));
    expect(await refreshTokens.findFamily("f9")).toBeUndefined();
    expect(await temporary.query("select hash from refresh_tokens")).toEqual([{ hash: "h0" }]);
  });

  test("are revoked once, and keep the first reason", async () => {
    await using temporary = await open();
    const { refreshTokens } = temporary.store.auth;
    await refreshTokens.createFamily(family, token);
    const results = await eightAtOnce(temporary, (store, n) =>
      store.auth.refreshTokens.revokeFamily("f1", n % 2 === 0 ? "reused" : "admin", 20 + n),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    const first = results.indexOf(true);
    expect(await refreshTokens.findFamily("f1")).toMatchObject({
      revokedAtMs: 20 + first,
      revokedReason: first % 2 === 0 ? "reused" : "admin",
    });
    expect(await refreshTokens.revokeFamily("f9", "logout", 1)).toBe(false);
  });

  test("are revoked by user, by client, or by the code they came from; those that were already are not named", async () => {
    await using temporary = await open();
    const { refreshTokens } = temporary.store.auth;
    for (const [id, userId, clientId, originHash] of [
      ["f1", "u1", "cli", "o1"],
      ["f2", "u1", "web", undefined],
      ["f3", "u1", "cli", undefined],
      ["f4", "u2", "cli", "o1"],
      ["f5", "u2", "web", "o2"],
    ] as const) {
      await refreshTokens.createFamily(familyOf({ id, userId, clientId, originHash }));
    }
    const sorted = (ids: readonly string[]) => ids.toSorted();
    expect(sorted(await refreshTokens.revokeByOrigin("o1", "code-replayed", 5))).toEqual(["f1", "f4"]);
    expect(await refreshTokens.revokeOfUser("u1", "password-changed", 6, "f3")).toEqual(["f2"]);
    expect(await refreshTokens.revokeOfUser("u1", "deactivated", 7)).toEqual(["f3"]);
    expect(await refreshTokens.revokeOfUser("u1", "deactivated", 8)).toEqual([]);
    expect(await refreshTokens.revokeOfClient("web", "client-disabled", 9)).toEqual(["f5"]);
    expect(
      await temporary.query("select id, revoked_at_ms, revoked_reason from refresh_families order by id"),
    ).toEqual([
      { id: "f1", revoked_at_ms: 5, revoked_reason: "code-replayed" },
      { id: "f2", revoked_at_ms: 6, revoked_reason: "password-changed" },
      { id: "f3", revoked_at_ms: 7, revoked_reason: "deactivated" },
      { id: "f4", revoked_at_ms: 5, revoked_reason: "code-replayed" },
      { id: "f5", revoked_at_ms: 9, revoked_reason: "client-disabled" },
    ]);
  });

  test("of a user are revoked by eight at once, each by one of them", async () => {
    await using temporary = await open();
    const ids = Array.from({ length: 20 }, (_, n) => `f${n}`);
    for (const id of ids) await temporary.store.auth.refreshTokens.createFamily(familyOf({ id }));
    const revoked = await eightAtOnce(temporary, (store) =>
      store.auth.refreshTokens.revokeOfUser("u1", "admin", 5),
    );
    expect(revoked.flat().toSorted()).toEqual(ids.toSorted());
  });

  test("are listed newest first while they live", async () => {
    await using temporary = await open();
    const { refreshTokens } = temporary.store.auth;
    await refreshTokens.createFamily(familyOf({ id: "old", createdAtMs: 1 }));
    await refreshTokens.createFamily(familyOf({ id: "new", createdAtMs: 2 }));
    await refreshTokens.createFamily(familyOf({ id: "ended", expiresAtMs: 50 }));
    await refreshTokens.createFamily(familyOf({ id: "pending", pendingOtp: true }));
    await refreshTokens.createFamily(familyOf({ id: "revoked", revokedAtMs: 3, revokedReason: "logout" }));
    await refreshTokens.createFamily(familyOf({ id: "other", userId: "u2" }));
    expect((await refreshTokens.listLive("u1", 50)).map(({ id }) => id)).toEqual(["new", "old"]);
    expect(await refreshTokens.listLive("u3", 50)).toEqual([]);
  });

  test("settle the code that they owe once, and count every wrong one", async () => {
    await using temporary = await open();
    const { refreshTokens } = temporary.store.auth;
    await refreshTokens.createFamily(familyOf({ pendingOtp: true }));
    const tries = await eightAtOnce(temporary, (store) => store.auth.refreshTokens.countOtpTry("f1"));
    expect(tries.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const settled = await eightAtOnce(temporary, (store) => store.auth.refreshTokens.settleOtp("f1"));
    expect(settled.filter(Boolean)).toHaveLength(1);
    expect(await refreshTokens.findFamily("f1")).toEqual(familyOf({ otpTries: 8, amr: ["pwd", "otp"] }));
    expect(await refreshTokens.countOtpTry("f9")).toBe(0);
  });

  test("owe no code any more once they are revoked", async () => {
    await using temporary = await open();
    const { refreshTokens } = temporary.store.auth;
    await refreshTokens.createFamily(familyOf({ pendingOtp: true, revokedAtMs: 1, revokedReason: "admin" }));
    await refreshTokens.createFamily(familyOf({ id: "f2" }));
    expect(await refreshTokens.settleOtp("f1")).toBe(false);
    expect(await refreshTokens.settleOtp("f2")).toBe(false);
    expect(await refreshTokens.settleOtp("f9")).toBe(false);
  });

  test.each(["amr", "revoked_reason"])("with an %s that nobody wrote are damaged", async (column) => {
    await using temporary = await open();
    await temporary.store.auth.refreshTokens.createFamily(family);
    await temporary.query(`update refresh_families set ${column} = 'magic'`);
    await expect(temporary.store.auth.refreshTokens.findFamily("f1")).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
    });
  });
});
