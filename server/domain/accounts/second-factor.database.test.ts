import { describe, expect, test } from "vitest";
import { databases, sqlite } from "#server/testing/databases.ts";
import { openAccountStage, originFrom, PASSWORD, type AccountStage } from "#server/testing/account-stage.ts";
import type { Account } from "./ports.ts";

const keep = {};
const byPassword = { password: PASSWORD, code: undefined };
const wrongCode = { code: "OTP_INVALID", field: "otp" };

function signIn(stage: AccountStage, otp?: string, password = PASSWORD): ReturnType<AccountStage["login"]> {
  return stage.login({ login: "ann", password, otp, via: "web" }, originFrom());
}

function ownerOf({ id }: Account) {
  return { userId: id, clientId: "pipit-web", keep };
}

async function outcomes(attempts: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(attempts);
  return settled.map((result) =>
    result.status === "fulfilled" ? "ok" : (result.reason as { code: string }).code,
  );
}

describe("the second factor", () => {
  test("that is being set up is not confirmed by guessing, in parallel neither", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register();
    const { secret } = await stage.ownAccount.beginSecondFactor(ownerOf(account), byPassword, originFrom());
    const confirm = (code: string) => stage.secondFactor.confirm(account.id, code, keep, originFrom());
    const good = stage.codeOf(secret);
    const bad = good === "000000" ? "000001" : "000000";
    const guesses = await outcomes(Array.from({ length: 20 }, () => confirm(bad)));
    expect(guesses.filter((code) => code === "OTP_INVALID")).toHaveLength(5);
    expect(guesses.filter((code) => code === "RATE_LIMITED")).toHaveLength(15);
    await expect(confirm(good)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    // A sign-in is another matter: it locks no user out.
    await expect(signIn(stage)).resolves.toMatchObject({ codeOwed: false });
  });

  test("is asked for from its confirmation on, and with it lets in", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register();
    const enrolment = await stage.ownAccount.beginSecondFactor(ownerOf(account), byPassword, originFrom());
    expect(enrolment.uri).toBe(`otpauth://totp/Pipit:ann?secret=${enrolment.secret}&issuer=Pipit`);
    expect(enrolment.qrSvg).toMatch(/^<svg /);
    expect(enrolment.qrTerminal).toContain("▀");
    // Not yet.
    await expect(signIn(stage)).resolves.toMatchObject({ amr: ["pwd"], codeOwed: false });
    const code = stage.codeOf(enrolment.secret);
    const recoveryCodes = await stage.secondFactor.confirm(account.id, code, keep, originFrom());
    expect(new Set(recoveryCodes).size).toBe(10);

    await expect(signIn(stage)).rejects.toMatchObject({ code: "OTP_REQUIRED", field: "otp" });
    await expect(signIn(stage, "  ")).rejects.toMatchObject({ code: "OTP_REQUIRED" });
    stage.nextStep();
    const next = stage.codeOf(enrolment.secret);
    await expect(signIn(stage, next)).resolves.toMatchObject({ amr: ["pwd", "otp"], codeOwed: false });
    expect(await stage.audited()).toEqual([
      "account.registered success",
      "otp.enrolment_begun success",
      "login success",
      "otp.enrolled success",
      "login failure code-missing",
      "login failure code-missing",
      "login success",
    ]);
  });

  test("the code of the enrolment is used up, and any code the second time (RFC 6238 §5.2) [37]", async () => {
    await using stage = await openAccountStage(sqlite);
    const { secret } = await stage.enrol(await stage.register());
    await expect(signIn(stage, stage.codeOf(secret))).rejects.toMatchObject(wrongCode);
    await expect(signIn(stage, stage.codeOf(secret, -1))).rejects.toMatchObject(wrongCode);
    stage.nextStep();
    await expect(signIn(stage, stage.codeOf(secret))).resolves.toBeDefined();
    await expect(signIn(stage, stage.codeOf(secret))).rejects.toMatchObject(wrongCode);
    expect((await stage.audited()).slice(3)).toEqual([
      "login failure replayed-code",
      "login failure replayed-code",
      "login success",
      "login failure replayed-code",
    ]);
  });

  test("five wrong codes lock the account, whatever right passwords come between [G9]", async () => {
    await using stage = await openAccountStage(sqlite);
    const { secret } = await stage.enrol(await stage.register());
    stage.nextStep();
    const from = (index: number) => originFrom(`198.51.100.${index}`);
    const attempt = { login: "ann", password: PASSWORD, via: "web" as const };
    for (let index = 1; index <= 5; index++) {
      // A right password alone gives no tries back.
      await expect(stage.login({ ...attempt, otpLater: true }, from(index))).resolves.toMatchObject({
        codeOwed: true,
        deviceToken: "",
      });
      await expect(stage.login({ ...attempt, otp: "000000" }, from(index))).rejects.toMatchObject(wrongCode);
    }
    await expect(stage.login({ ...attempt, otp: stage.codeOf(secret) }, from(6))).rejects.toMatchObject({
      code: "ACCOUNT_LOCKED",
    });
  });

  test("a new secret takes the place of a confirmed one only with a code of that one", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register();
    const owner = ownerOf(account);
    const { secret } = await stage.enrol(account);
    stage.nextStep();
    const begin = (code?: string, password = PASSWORD) =>
      stage.ownAccount.beginSecondFactor(owner, { password, code }, originFrom());
    await expect(begin()).rejects.toMatchObject({ code: "NOT_ALLOWED", field: "otp" });
    await expect(begin("000000")).rejects.toMatchObject(wrongCode);
    await expect(begin(stage.codeOf(secret), "Wrong-horse-1")).rejects.toMatchObject({
      code: "CREDENTIALS_INVALID",
    });
    const next = await begin(stage.codeOf(secret));
    stage.nextStep();
    // Until its confirmation the old one is in force.
    await expect(signIn(stage, stage.codeOf(next.secret))).rejects.toMatchObject(wrongCode);
    await expect(signIn(stage, stage.codeOf(secret))).resolves.toBeDefined();
    await stage.secondFactor.confirm(account.id, stage.codeOf(next.secret), keep, originFrom());
    stage.nextStep();
    await expect(signIn(stage, stage.codeOf(secret))).rejects.toMatchObject(wrongCode);
    await expect(signIn(stage, stage.codeOf(next.secret))).resolves.toBeDefined();
  });

  test("is taken away with password and code, and nothing is left of it", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register();
    const owner = ownerOf(account);
    const { secret, recoveryCodes } = await stage.enrol(account);
    stage.nextStep();
    const code = stage.codeOf(secret);
    const disable = (password: string, given?: string) =>
      stage.ownAccount.disableSecondFactor(owner, { password, code: given }, originFrom());
    await expect(disable("Wrong-horse-1", code)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    await expect(disable(PASSWORD)).rejects.toMatchObject({ code: "OTP_REQUIRED" });
    await expect(disable(PASSWORD, "000000")).rejects.toMatchObject(wrongCode);
    await disable(PASSWORD, code);
    await expect(signIn(stage)).resolves.toMatchObject({ amr: ["pwd"] });
    await expect(signIn(stage, recoveryCodes[0])).resolves.toMatchObject({ amr: ["pwd"] });
    await expect(disable(PASSWORD)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("neither confirms what was not begun, nor with a wrong code", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register();
    const confirm = (code: string) => stage.secondFactor.confirm(account.id, code, keep, originFrom());
    await expect(confirm("123456")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    await stage.ownAccount.beginSecondFactor(ownerOf(account), byPassword, originFrom());
    await expect(confirm("12345")).rejects.toMatchObject(wrongCode);
    await expect(signIn(stage)).resolves.toBeDefined();
  });

  test("no row holds a secret, a code or a password that could be read [G7]", async () => {
    await using stage = await openAccountStage(sqlite);
    const { secret, recoveryCodes } = await stage.enrol(await stage.register());
    stage.nextStep();
    await signIn(stage, stage.codeOf(secret));
    const tables = ["accounts", "recovery_codes", "audit_events", "attempt_counters"];
    const rows = await Promise.all(tables.map((table) => stage.temporary.query(`select * from ${table}`)));
    const everything = JSON.stringify(rows);
    expect(everything).toContain("otp.enrolled");
    for (const hidden of [
      secret,
      PASSWORD,
      ...recoveryCodes,
      ...recoveryCodes.map((code) => code.replace("-", "")),
    ]) {
      expect(everything).not.toContain(hidden);
    }
  });
});

describe.each(databases)("the second factor on $name, at once", (database) => {
  test("of eight who send one code at once, one is let in [37] [G9]", async () => {
    await using stage = await openAccountStage(database);
    const { secret } = await stage.enrol(await stage.register());
    stage.nextStep();
    const code = stage.codeOf(secret);
    const results = await outcomes(Array.from({ length: 8 }, () => signIn(stage, code)));
    expect(results.filter((result) => result === "ok")).toHaveLength(1);
  });

  test("of eight who confirm with one code at once, one does", async () => {
    await using stage = await openAccountStage(database);
    const account = await stage.register();
    const { secret } = await stage.ownAccount.beginSecondFactor(ownerOf(account), byPassword, originFrom());
    const code = stage.codeOf(secret);
    const results = await outcomes(
      Array.from({ length: 8 }, () => stage.secondFactor.confirm(account.id, code, keep, originFrom())),
    );
    expect(results.filter((result) => result === "ok")).toHaveLength(1);
    expect(await stage.temporary.store.auth.totp.countRecoveryCodes(account.id)).toBe(10);
  });

  test("a recovery code stands in for a code, once, also for eight at once", async () => {
    await using stage = await openAccountStage(database);
    const account = await stage.register();
    const { recoveryCodes } = await stage.enrol(account);
    const [first = "", second = ""] = recoveryCodes;
    await expect(signIn(stage, first.toUpperCase())).resolves.toMatchObject({ amr: ["pwd", "otp"] });
    expect((await stage.audited()).slice(-2)).toEqual(["otp.recovery_code_used success", "login success"]);
    await expect(signIn(stage, first)).rejects.toMatchObject(wrongCode);
    await stage.accounts.unlock(account.id, { by: "admin" }, originFrom());
    const results = await outcomes(Array.from({ length: 8 }, () => signIn(stage, second)));
    expect(results.filter((result) => result === "ok")).toHaveLength(1);
    expect(await stage.temporary.store.auth.totp.countRecoveryCodes(account.id)).toBe(8);
  });
});
