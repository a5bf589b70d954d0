import { describe, expect, test } from "vitest";
import { sqlite } from "#server/testing/databases.ts";
import {
  NEW_PASSWORD,
  openAccountStage,
  originFrom,
  PASSWORD,
  type AccountStage,
} from "#server/testing/account-stage.ts";

const wrongLogin = { code: "CREDENTIALS_INVALID", message: "Invalid login or password." };

function signIn(
  stage: AccountStage,
  given: { login?: string; password?: string; otp?: string; deviceToken?: string; otpLater?: boolean } = {},
  ip?: string,
): ReturnType<AccountStage["login"]> {
  const attempt = { login: "ann", password: PASSWORD, via: "web" as const, clientId: "pipit-web", ...given };
  return stage.login(attempt, originFrom(ip));
}

/** One address for each attempt, so that only the account's limits count. */
function manyAddresses(index: number): string {
  return `198.51.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

describe("signing in with a password", () => {
  test("attempts that a limit refuses are in the audit as often as the disk can bear", async () => {
    await using stage = await openAccountStage(sqlite);
    const guess = () => stage.login({ login: "ann", password: "Wrong-horse-1", via: "web" }, originFrom());
    for (let count = 0; count < 5 + 610; count++) await expect(guess()).rejects.toThrow();
    const refused = (await stage.audited()).filter((event) => event === "login failure rate-limited");
    expect(refused).toHaveLength(600);
  });

  test("by login or e-mail address in any case, and the audit tells of it", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.accounts.register(
      { login: "Ann", password: PASSWORD, email: "Ann@Example.org" },
      originFrom(),
    );
    stage.temporary.clock.advance(5000);
    const signedIn = await signIn(stage, { login: "aNN" });
    expect(signedIn).toMatchObject({
      amr: ["pwd"],
      codeOwed: false,
      authTimeMs: stage.temporary.clock.nowMs(),
    });
    expect(signedIn.account.id).toBe(account.id);
    expect((await signIn(stage, { login: "ann@example.ORG" })).account.id).toBe(account.id);
    expect((await stage.temporary.store.auth.accounts.findById(account.id))?.lastLoginAtMs).toBe(
      stage.temporary.clock.nowMs(),
    );
    expect(await stage.audited()).toEqual(["account.registered success", "login success", "login success"]);
  });

  test("unknown, wrong, switched off and this computer's account are one text and one piece of work [G4]", async () => {
    await using stage = await openAccountStage(sqlite);
    await stage.register("ann");
    const off = await stage.register("off");
    await stage.accounts.deactivate(off.id, { by: "admin" }, originFrom());
    await stage.temporary.store.auth.accounts.create({
      ...off,
      id: "local-id",
      login: "local",
      local: true,
      active: true,
      passwordHash: undefined,
    });
    const before = stage.verifications();
    await expect(signIn(stage, { login: "nobody" })).rejects.toMatchObject(wrongLogin);
    await expect(signIn(stage, { password: "Wrong-horse-1" })).rejects.toMatchObject(wrongLogin);
    await expect(signIn(stage, { login: "off" })).rejects.toMatchObject(wrongLogin);
    await expect(signIn(stage, { login: "local" })).rejects.toMatchObject(wrongLogin);
    expect(stage.verifications() - before).toBe(4);
    expect((await stage.audited()).slice(3)).toEqual([
      "login failure unknown-account",
      "login failure wrong-password",
      "login failure account-off",
      "login failure account-off",
    ]);
  });

  test.each([
    "' or 1=1 --",
    "ann'; drop table accounts; --",
    "%",
    "_",
    "ann\\",
    "🦜".repeat(60),
    "x".repeat(254),
  ])("the name %j is nobody's", async (login) => {
    await using stage = await openAccountStage(sqlite);
    await stage.register("ann");
    await expect(signIn(stage, { login })).rejects.toMatchObject(wrongLogin);
  });

  test.each(["", "ann\0", "a\nb", "x".repeat(255)])("%j is no name at all", async (login) => {
    await using stage = await openAccountStage(sqlite);
    await expect(signIn(stage, { login })).rejects.toMatchObject({ code: "INVALID_REQUEST", field: "login" });
    expect(stage.verifications()).toBe(0);
  });

  test("200 wrong passwords at once from 200 addresses cost five hashes, and lock the right one out [G3]", async () => {
    await using stage = await openAccountStage(sqlite);
    await stage.register("ann");
    const attempts = Array.from({ length: 200 }, (_, index) =>
      signIn(stage, { password: `Wrong-horse-${index}` }, manyAddresses(index)).catch(
        (reason: unknown) => reason,
      ),
    );
    const codes = (await Promise.all(attempts)).map((reason) => (reason as { code: string }).code);
    expect(codes.filter((code) => code === "CREDENTIALS_INVALID")).toHaveLength(5);
    expect(codes.filter((code) => code === "ACCOUNT_LOCKED")).toHaveLength(195);
    expect(stage.verifications()).toBe(5);

    await expect(signIn(stage, {}, "203.0.113.1")).rejects.toMatchObject({
      code: "ACCOUNT_LOCKED",
      retryAfterMs: 15 * 60_000,
    });
    expect(stage.verifications()).toBe(5);
    const audited = await stage.audited();
    expect(audited.filter((event) => event === "login failure wrong-password")).toHaveLength(5);
    expect(audited.filter((event) => event === "login failure locked")).toHaveLength(196);

    stage.temporary.clock.advance(15 * 60_000);
    await expect(signIn(stage, {}, "203.0.113.1")).resolves.toHaveProperty("amr", ["pwd"]);
  });

  test("an admin ends a lockout", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    for (let index = 0; index < 5; index++) {
      await expect(signIn(stage, { password: "Wrong-horse-1" }, manyAddresses(index))).rejects.toThrow();
    }
    await expect(signIn(stage, {}, "203.0.113.1")).rejects.toMatchObject({ code: "ACCOUNT_LOCKED" });
    await stage.accounts.unlock(id, { by: "admin" }, originFrom());
    await expect(signIn(stage, {}, "203.0.113.1")).resolves.toBeDefined();
  });

  test("a name that nobody has is locked like any other", async () => {
    await using stage = await openAccountStage(sqlite);
    for (let index = 0; index < 5; index++) {
      await expect(signIn(stage, { login: "nobody" }, manyAddresses(index))).rejects.toMatchObject(
        wrongLogin,
      );
    }
    await expect(signIn(stage, { login: "NOBODY" }, "203.0.113.1")).rejects.toMatchObject({
      code: "ACCOUNT_LOCKED",
    });
  });

  test("20 right passwords at once all let in, from one address [G3]", async () => {
    await using stage = await openAccountStage(sqlite);
    await stage.register("ann");
    const signedIn = await Promise.all(Array.from({ length: 20 }, () => signIn(stage)));
    expect(signedIn.map(({ account }) => account.login)).toEqual(Array.from({ length: 20 }, () => "ann"));
  });

  test("five failures from one network in a minute, whatever the names, and it waits", async () => {
    await using stage = await openAccountStage(sqlite);
    await stage.register("ann");
    for (let index = 0; index < 5; index++) {
      await expect(
        signIn(stage, { login: `nobody${index}` }, `2001:db8:1:2::${index}`),
      ).rejects.toMatchObject(wrongLogin);
    }
    await expect(signIn(stage, {}, "2001:db8:1:2:ffff::1")).rejects.toMatchObject({ code: "RATE_LIMITED" });
    await expect(signIn(stage, {}, "2001:db8:1:3::1")).resolves.toBeDefined();
    stage.temporary.clock.advance(60_000);
    await expect(signIn(stage, {}, "2001:db8:1:2::1")).resolves.toBeDefined();
  });

  test("a stranger's failures do not lock out a device that is known", async () => {
    await using stage = await openAccountStage(sqlite);
    await stage.register("ann");
    const { deviceToken } = await signIn(stage);
    for (let index = 0; index < 5; index++) {
      await expect(signIn(stage, { password: "Wrong-horse-1" }, manyAddresses(index))).rejects.toThrow();
    }
    await expect(signIn(stage)).rejects.toMatchObject({ code: "ACCOUNT_LOCKED" });
    await expect(signIn(stage, { deviceToken })).resolves.toBeDefined();
    await expect(signIn(stage, { deviceToken: `${deviceToken.slice(0, -2)}AA` })).rejects.toMatchObject({
      code: "ACCOUNT_LOCKED",
    });
  });

  test("what was hashed by an older system is hashed anew", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    // bcrypt of the same password, cost 4, as an import brings it.
    const { hash } = await import("@node-rs/bcrypt");
    await stage.temporary.query(
      "update accounts set password_hash = $1 where id = $2",
      await hash(PASSWORD, 4),
      id,
    );
    await signIn(stage);
    const credentials = await stage.temporary.store.auth.accounts.credentialsOf(id);
    expect(credentials?.passwordHash).toMatch(/^\$argon2id\$/);
    await expect(signIn(stage)).resolves.toBeDefined();
  });

  test("whose account is switched off, or gets another password, while it is being checked is not let in", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    stage.meanwhile(() => stage.accounts.setPassword(id, NEW_PASSWORD, { by: "admin" }, originFrom()));
    await expect(signIn(stage)).rejects.toMatchObject(wrongLogin);
    stage.meanwhile(() => stage.accounts.deactivate(id, { by: "admin" }, originFrom()));
    await expect(signIn(stage, { password: NEW_PASSWORD })).rejects.toMatchObject(wrongLogin);
    expect((await stage.audited()).filter((event) => event.startsWith("login"))).toEqual([
      "login failure password-changed",
      "login failure account-off",
    ]);
  });
});
