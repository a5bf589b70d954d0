import { expect, test } from "vitest";
import { openTemporaryStore } from "#server/testing/temporary-store.ts";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { createLocalAccount } from "./local-account.ts";

const masterKey: MasterKey = { derive: (purpose) => Buffer.alloc(32, purpose) };

test("makes one local account, and finds it from then on", async () => {
  await using temporary = await openTemporaryStore();
  const local = createLocalAccount({
    accounts: temporary.store.auth.accounts,
    masterKey,
    clock: temporary.clock,
  });
  const account = await local.ensure();
  expect(account).toMatchObject({ login: "local", displayName: "This computer", local: true, active: true });
  expect(account.createdAtMs).toBe(temporary.clock.nowMs());
  temporary.clock.advance(1000);
  expect(await local.ensure()).toEqual(account);
  expect(await temporary.store.auth.accounts.findById(account.id)).toEqual(account);
});

test("calls at the same moment get the same account", async () => {
  await using temporary = await openTemporaryStore();
  const local = createLocalAccount({
    accounts: temporary.store.auth.accounts,
    masterKey,
    clock: temporary.clock,
  });
  const accounts = await Promise.all(Array.from({ length: 8 }, () => local.ensure()));
  expect(new Set(accounts.map((account) => account.id)).size).toBe(1);
});

test.each([
  ["switched off", { local: true, active: false }],
  ["somebody else's", { local: false, active: true }],
])("an account of that login that is %s is refused", async (_name, flags) => {
  await using temporary = await openTemporaryStore();
  const { accounts } = temporary.store.auth;
  await accounts.create(accountOf({ id: "a", login: "local", ...flags }));
  const local = createLocalAccount({ accounts, masterKey, clock: temporary.clock });
  await expect(local.ensure()).rejects.toMatchObject({ code: "NOT_ALLOWED" });
});

test("a failure of the store is passed on", async () => {
  const failure = new Error("disk");
  const local = createLocalAccount({
    accounts: {
      create: async () => Promise.reject(failure),
      findByLogin: async () => undefined,
    },
    masterKey,
    clock: { nowMs: () => 0 },
  });
  await expect(local.ensure()).rejects.toBe(failure);
});

test("keeps its id when the database is a new one, and no other data folder has it", async () => {
  const idIn = async (key: MasterKey): Promise<string> => {
    await using temporary = await openTemporaryStore();
    const local = createLocalAccount({
      accounts: temporary.store.auth.accounts,
      masterKey: key,
      clock: temporary.clock,
    });
    return (await local.ensure()).id;
  };
  const id = await idIn(masterKey);
  expect(await idIn(masterKey)).toBe(id);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(await idIn({ derive: () => Buffer.alloc(32, 7) })).not.toBe(id);
});
