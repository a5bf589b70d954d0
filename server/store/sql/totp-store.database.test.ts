import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import { databases, type DatabaseStore, type TestDatabase } from "#server/testing/databases.ts";
import { eightAtOnce } from "#server/testing/eight-at-once.ts";

async function openWithAccounts({ open }: TestDatabase): Promise<DatabaseStore> {
  const temporary = await open();
  for (const id of ["u1", "u2"]) await temporary.store.auth.accounts.create(accountOf({ id }));
  return temporary;
}

async function enrol({ store }: DatabaseStore, userId = "u1"): Promise<void> {
  await store.auth.totp.setPending(userId, "sealed");
  await store.auth.totp.confirm(userId, "sealed", 100);
}

describe.each(databases)("the second factor on $name", (database) => {
  test("is confirmed once, with the secret that was begun last", async () => {
    await using temporary = await openWithAccounts(database);
    const { accounts, totp } = temporary.store.auth;
    expect(await totp.confirm("u1", "first", 99)).toBe(false);
    await totp.setPending("u1", "first");
    await totp.setPending("u1", "second");
    expect(await totp.confirm("u1", "first", 100)).toBe(false);
    expect(await accounts.credentialsOf("u1")).toMatchObject({
      totpSealed: undefined,
      totpPendingSealed: "second",
      totpLastStep: undefined,
    });
    const confirmed = await eightAtOnce(temporary, (store) => store.auth.totp.confirm("u1", "second", 100));
    expect(confirmed.filter(Boolean)).toHaveLength(1);
    expect(await accounts.credentialsOf("u1")).toMatchObject({
      totpSealed: "second",
      totpPendingSealed: undefined,
      totpLastStep: 100,
    });
    expect(await accounts.credentialsOf("u2")).toMatchObject({ totpSealed: undefined });
  });

  test("takes each step once, in one direction only", async () => {
    await using temporary = await openWithAccounts(database);
    const { totp } = temporary.store.auth;
    await enrol(temporary);
    expect(await totp.takeStep("u1", 100)).toBe(false);
    const taken = await eightAtOnce(temporary, (store) => store.auth.totp.takeStep("u1", 102));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await totp.takeStep("u1", 101)).toBe(false);
    expect(await totp.takeStep("u1", 103)).toBe(true);
  });

  test("takes no step without a confirmed secret", async () => {
    await using temporary = await openWithAccounts(database);
    const { totp } = temporary.store.auth;
    await totp.setPending("u1", "sealed");
    expect(await totp.takeStep("u1", 1)).toBe(false);
    expect(await totp.takeStep("nobody", 1)).toBe(false);
  });

  test("a recovery code works once, and for its owner only", async () => {
    await using temporary = await openWithAccounts(database);
    const { totp } = temporary.store.auth;
    await totp.setRecoveryCodes("u1", ["r1", "r2"]);
    await totp.setRecoveryCodes("u2", ["r3"]);
    expect(await totp.takeRecoveryCode("u1", "r3", 5)).toBe(false);
    const taken = await eightAtOnce(temporary, (store) => store.auth.totp.takeRecoveryCode("u1", "r1", 5));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await totp.countRecoveryCodes("u1")).toBe(1);
    expect(await totp.countRecoveryCodes("u2")).toBe(1);
    expect(await temporary.query("select used_at_ms from recovery_codes where code_hash = 'r1'")).toEqual([
      { used_at_ms: 5 },
    ]);
  });

  test("new recovery codes replace all others, also when two sets come at once", async () => {
    await using temporary = await openWithAccounts(database);
    const { totp } = temporary.store.auth;
    await totp.setRecoveryCodes("u1", ["old"]);
    await eightAtOnce(temporary, (store, n) =>
      store.auth.totp.setRecoveryCodes("u1", [`${n}-a`, `${n}-b`, `${n}-c`]),
    );
    expect(await totp.countRecoveryCodes("u1")).toBe(3);
    expect(await totp.takeRecoveryCode("u1", "old", 5)).toBe(false);
    await totp.setRecoveryCodes("u1", []);
    expect(await totp.countRecoveryCodes("u1")).toBe(0);
  });

  test("leaves nothing behind when it is switched off", async () => {
    await using temporary = await openWithAccounts(database);
    const { accounts, totp } = temporary.store.auth;
    await enrol(temporary);
    await enrol(temporary, "u2");
    await totp.setPending("u1", "another");
    await totp.setRecoveryCodes("u1", ["r1"]);
    await totp.disable("u1");
    expect(await accounts.credentialsOf("u1")).toMatchObject({
      totpSealed: undefined,
      totpPendingSealed: undefined,
      totpLastStep: undefined,
    });
    expect(await totp.countRecoveryCodes("u1")).toBe(0);
    expect(await totp.takeStep("u1", 200)).toBe(false);
    expect(await totp.takeStep("u2", 200)).toBe(true);
  });
});
