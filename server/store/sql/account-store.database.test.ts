import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import { databases } from "#server/testing/databases.ts";
import { eightAtOnce } from "#server/testing/eight-at-once.ts";

const ann = accountOf({
  id: "a1",
  login: "Ann",
  displayName: "Ann Б. 🎉",
  about: "Likes tea",
  email: "Ann@Example.org",
  role: "admin",
  createdAtMs: 5,
  updatedAtMs: 6,
  lastLoginAtMs: 7,
  passwordHash: "$argon2id$1",
});
const { passwordHash, ...given } = ann;
const stored = { ...given, credentialsVersion: 0 };
const bob = accountOf({ id: "b1", login: "bob", email: "bob@example.org" });
const loginTaken = { code: "INVALID_REQUEST", field: "login" };
const emailTaken = { code: "INVALID_REQUEST", field: "email" };

describe.each(databases)("accounts on $name", ({ open }) => {
  test("come back as they were, with or without all that may be missing", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    const bare = accountOf({ id: "c1" });
    await accounts.create(ann);
    await accounts.create(bare);
    expect(await accounts.findById("a1")).toEqual(stored);
    const { passwordHash: _, ...storedBare } = bare;
    expect(await accounts.findById("c1")).toEqual({ ...storedBare, credentialsVersion: 0 });
    expect(await accounts.findById("c2")).toBeUndefined();
    expect(await accounts.count()).toBe(2);
  });

  test.each(["Ann", "ann", "ANN", "Ａnn", "ann@example.ORG"])("sign in as %j", async (name) => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(bob);
    await accounts.create(ann);
    expect(await accounts.findForSignIn(name)).toEqual({
      account: stored,
      credentials: {
        userId: "a1",
        passwordHash,
        passwordChangedAtMs: 5,
        totpSealed: undefined,
        totpPendingSealed: undefined,
        totpLastStep: undefined,
      },
    });
  });

  test.each(["", "an", "ann%", "a_n", "' or 1=1 --", "ann\0", "\0", "\ud800", "x".repeat(100_000)])(
    "do not sign in as %j",
    async (name) => {
      await using temporary = await open();
      const { accounts } = temporary.store.auth;
      await accounts.create(ann);
      expect(await accounts.findForSignIn(name)).toBeUndefined();
      expect(await accounts.findByLogin(name)).toBeUndefined();
      expect(await accounts.findById(name)).toBeUndefined();
      expect(await accounts.credentialsOf(name)).toBeUndefined();
    },
  );

  test("are found by login in any case, and by address for sign-in only", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(ann);
    expect((await accounts.findByLogin("aNN"))?.id).toBe("a1");
    expect(await accounts.findByLogin("ann@example.org")).toBeUndefined();
  });

  test.each([
    ["the login in another case", accountOf({ id: "x", login: "ANN" }), loginTaken],
    ["the login in other letters", accountOf({ id: "x", login: "ａｎｎ" }), loginTaken],
    ["the address in another case", accountOf({ id: "x", email: "ANN@example.org" }), emailTaken],
    ["both", accountOf({ id: "x", login: "ann", email: "ann@example.org" }), loginTaken],
    ["the address as its login", accountOf({ id: "x", login: "ann@example.org" }), loginTaken],
    ["the login as its address", accountOf({ id: "x", email: "ann" }), emailTaken],
    ["the id", accountOf({ id: "a1", login: "other" }), loginTaken],
  ])("refuse another one with %s", async (_name, other, error) => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(ann);
    await expect(accounts.create(other)).rejects.toMatchObject(error);
    expect(await accounts.count()).toBe(1);
  });

  test("may have the same name as login and address", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(accountOf({ id: "x", login: "x@example.org", email: "x@example.org" }));
    expect((await accounts.findForSignIn("X@example.org"))?.account.id).toBe("x");
  });

  test("of eight with one login at once, one is made, and so with one address", async () => {
    await using temporary = await open();
    const made = async (email: boolean) => {
      const results = await eightAtOnce(temporary, ({ auth: { accounts } }, n) =>
        accounts
          .create(
            email
              ? accountOf({ id: `e${n}`, email: "same@example.org" })
              : accountOf({ id: `l${n}`, login: n % 2 === 0 ? "Same" : "same" }),
          )
          .then(
            () => "made",
            (reason: { code: string; field: string }) => `${reason.code} ${reason.field}`,
          ),
      );
      return results.toSorted();
    };
    expect(await made(false)).toEqual([...Array.from({ length: 7 }, () => "INVALID_REQUEST login"), "made"]);
    expect(await made(true)).toEqual([...Array.from({ length: 7 }, () => "INVALID_REQUEST email"), "made"]);
  });

  test("only one of them is the local one", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(accountOf({ id: "l1", local: true }));
    await expect(accounts.create(accountOf({ id: "l2", local: true }))).rejects.toMatchObject(loginTaken);
  });

  test("a refused one leaves the transaction it was in as it is", async () => {
    await using temporary = await open();
    const { auth } = temporary.store;
    await auth.accounts.create(ann);
    await auth.transaction(async (tx) => {
      await tx.accounts.create(bob);
      await expect(tx.accounts.create(accountOf({ id: "x", login: "ann" }))).rejects.toMatchObject(
        loginTaken,
      );
    });
    expect((await auth.accounts.findById("b1"))?.login).toBe("bob");
  });

  test("change what is named, and nothing else", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(ann);
    await accounts.create(bob);
    expect(await accounts.update("a1", { displayName: "A" }, 20)).toEqual({
      ...stored,
      displayName: "A",
      updatedAtMs: 20,
    });
    const changed = { about: null, email: null, role: "user", active: false } as const;
    const expected = {
      ...stored,
      displayName: "A",
      ...changed,
      about: undefined,
      email: undefined,
      updatedAtMs: 21,
      credentialsVersion: 1,
    };
    expect(await accounts.update("a1", changed, 21)).toEqual(expected);
    expect(await accounts.findById("a1")).toEqual(expected);
    expect((await accounts.findById("b1"))?.updatedAtMs).toBe(1);
    expect(await accounts.update("a2", { displayName: "A" }, 22)).toBeUndefined();
    expect((await accounts.update("a1", { email: "ANN@example.org" }, 23))?.email).toBe("ANN@example.org");
    expect((await accounts.findForSignIn("ann@example.org"))?.account.id).toBe("a1");
  });

  test("take no address that another one has, and no login as address", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(ann);
    await accounts.create(bob);
    for (const email of ["ann@EXAMPLE.org", "ann"]) {
      await expect(accounts.update("b1", { email, displayName: "B" }, 9)).rejects.toMatchObject(emailTaken);
    }
    expect((await accounts.findById("b1"))?.displayName).toBe(bob.displayName);
  });

  test("of eight that take one address at once, one gets it", async () => {
    await using temporary = await open();
    for (let n = 0; n < 8; n++) await temporary.store.auth.accounts.create(accountOf({ id: `u${n}` }));
    const results = await eightAtOnce(temporary, ({ auth: { accounts } }, n) =>
      accounts.update(`u${n}`, { email: "one@example.org" }, 9).then(
        () => "taken",
        (reason: { code: string; field: string }) => `${reason.code} ${reason.field}`,
      ),
    );
    expect(results.toSorted()).toEqual([
      ...Array.from({ length: 7 }, () => "INVALID_REQUEST email"),
      "taken",
    ]);
  });

  test("keep when the password was changed; an upgrade of its hash is no change, and undoes none", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(ann);
    await accounts.upgradePasswordHash("a1", "$argon2id$1", "$argon2id$2");
    expect(await accounts.credentialsOf("a1")).toMatchObject({
      passwordHash: "$argon2id$2",
      passwordChangedAtMs: 5,
    });
    expect(await accounts.setPassword("a1", "$argon2id$3", 30)).toBe(30);
    await accounts.upgradePasswordHash("a1", "$argon2id$2", "$argon2id$4");
    expect(await accounts.credentialsOf("a1")).toMatchObject({
      passwordHash: "$argon2id$3",
      passwordChangedAtMs: 30,
    });
    expect((await accounts.findById("a1"))?.updatedAtMs).toBe(30);
  });

  test("change their password at a later time than the last, also when a clock was set back", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(ann);
    expect(await accounts.setPassword("a1", "$argon2id$2", 5)).toBe(6);
    expect(await accounts.setPassword("a1", "$argon2id$3", 1)).toBe(7);
  });

  test("count what changes a sign-in: password, second factor, being switched on or off; nothing else", async () => {
    await using temporary = await open();
    const { auth } = temporary.store;
    const { accounts } = auth;
    await accounts.create(ann);
    const changes: readonly (() => Promise<unknown>)[] = [
      () => accounts.setPassword("a1", "$argon2id$2", 30),
      () => accounts.update("a1", { active: false }, 31),
      () => accounts.update("a1", { active: true }, 32),
      () => auth.totp.confirm("a1", "sealed", 1),
      () => auth.totp.disable("a1"),
    ];
    const others: readonly (() => Promise<unknown>)[] = [
      () => accounts.update("a1", { displayName: "A", role: "user", about: null }, 33),
      () => accounts.upgradePasswordHash("a1", "$argon2id$2", "$argon2id$4"),
      () => accounts.setLastLogin("a1"),
      () => auth.totp.setPending("a1", "sealed"),
    ];
    for (const other of others) await other();
    for (const [index, change] of changes.entries()) {
      await change();
      for (const other of others) await other();
      expect((await accounts.findById("a1"))?.credentialsVersion).toBe(index + 1);
    }
    // What confirms nothing changes nothing.
    expect(await auth.totp.confirm("a1", "another", 2)).toBe(false);
    expect(await auth.transaction((tx) => tx.accounts.lock("a1"))).toMatchObject({
      account: { credentialsVersion: changes.length },
      credentials: { userId: "a1" },
      nowMs: temporary.clock.nowMs(),
    });
  });

  test("without a password have no hash", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(bob);
    expect(await accounts.credentialsOf("b1")).toMatchObject({
      passwordHash: undefined,
      passwordChangedAtMs: undefined,
    });
  });

  test("keep the last sign-in", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    await accounts.create(bob);
    await accounts.setLastLogin("b1");
    expect(await accounts.findById("b1")).toMatchObject({
      lastLoginAtMs: temporary.clock.nowMs(),
      updatedAtMs: 1,
    });
  });

  test("are listed page by page, each once", async () => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    const logins = ["delta", "Alpha", "charlie", "BRAVO", "ёлка", "100%", "a_b", "axb"];
    for (const login of logins) await accounts.create(accountOf({ id: `id-${login}`, login }));
    const seen: string[] = [];
    for (;;) {
      const afterLoginKey = seen.at(-1)?.toLowerCase();
      const page = await accounts.list({ afterLoginKey, limit: 3 });
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(3);
      seen.push(...page.map(({ login }) => login));
    }
    expect(seen.toSorted()).toEqual(logins.toSorted());
  });

  test.each([
    ["ANN", ["ann", "annika"]],
    ["annika@", ["annika"]],
    ["ё", ["Ёж"]],
    ["100%", ["100%"]],
    ["a_", ["a_b"]],
    ["", ["100%", "a_b", "ann", "annika", "axb", "Ёж"]],
    ["' or 1=1", []],
  ])("are listed by how their login or address begins: %j", async (prefix, expected) => {
    await using temporary = await open();
    const { accounts } = temporary.store.auth;
    for (const login of ["ann", "axb", "a_b", "Ёж", "100%"]) await accounts.create(accountOf({ id: login }));
    await accounts.create(accountOf({ id: "annika", email: "Annika@example.org" }));
    const found = (await accounts.list({ prefix, limit: 10 })).map(({ login }) => login);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  test("with a role that nobody wrote are damaged", async () => {
    await using temporary = await open();
    await temporary.store.auth.accounts.create(bob);
    await temporary.query("update accounts set role = 'root'");
    await expect(temporary.store.auth.accounts.findById("b1")).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
    });
  });
});
