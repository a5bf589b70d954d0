import { issueSignInCode, redeemSignInCode } from "./sign-in-codes.ts";
import { describe, expect, test } from "vitest";
import { sqlite } from "#server/testing/databases.ts";
import { familyOf } from "#server/testing/family-of.ts";
import { FRESH_SIGN_IN_MS } from "./own-account.ts";
import { NEW_PASSWORD, openAccountStage, originFrom, PASSWORD } from "#server/testing/account-stage.ts";

const change = { oldPassword: PASSWORD, newPassword: NEW_PASSWORD };
const byPassword = { password: PASSWORD, code: undefined };
const keep = { sessionId: "family-1", webSessionId: "web-1" };

describe("one's own account", () => {
  test("a new password ends all other sessions with it, and lets nobody in by the old one [12] [G10]", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    const { id: other } = await stage.register("bob");
    await stage.startSessions(id);
    await stage.startSessions(other, "b-");
    await stage.ownAccount.changePassword({ userId: id, clientId: "pipit-web", keep }, change, originFrom());
    expect(await stage.liveSessions(id)).toEqual(["family-1", "web-1"]);
    expect(await stage.liveSessions(other)).toHaveLength(6);
    expect(stage.forgotten.toSorted()).toEqual(["family-2", "family-3", "web-2", "web-3"]);
    const signIn = (password: string) => stage.login({ login: "ann", password, via: "web" }, originFrom());
    await expect(signIn(PASSWORD)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    await expect(signIn(NEW_PASSWORD)).resolves.toBeDefined();
    expect(await stage.audited()).toContain("account.password_changed success");
  });

  test("codes that would sign a browser in end with the sessions", async () => {
    await using stage = await openAccountStage(sqlite);
    const { auth } = stage.temporary.store;
    const { id } = await stage.register("ann");
    const { id: other } = await stage.register("bob");
    const scope = ["api:read"];
    const ofAnn = await issueSignInCode(auth, { userId: id, scope });
    const ofBob = await issueSignInCode(auth, { userId: other, scope });
    await stage.ownAccount.changePassword({ userId: id, clientId: "pipit-web", keep }, change, originFrom());
    expect(
      await redeemSignInCode(auth, ofAnn.code, { kind: "digits", digits: ofAnn.digits }),
    ).toBeUndefined();
    expect(await redeemSignInCode(auth, ofBob.code, { kind: "digits", digits: ofBob.digits })).toEqual({
      userId: other,
      scope,
    });
  });

  test("a device stays known by its new token only", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    const attempt = { login: "ann", password: NEW_PASSWORD, via: "web" as const };
    const before = await stage.login({ ...attempt, password: PASSWORD }, originFrom());
    const owner = { userId: id, clientId: "pipit-web", keep, deviceToken: before.deviceToken };
    const { deviceToken } = await stage.ownAccount.changePassword(owner, change, originFrom());
    for (let index = 1; index <= 5; index++) {
      const wrong = { ...attempt, password: "Wrong-horse-1" };
      await expect(stage.login(wrong, originFrom(`198.51.100.${index}`))).rejects.toThrow();
    }
    await expect(
      stage.login({ ...attempt, deviceToken: before.deviceToken }, originFrom()),
    ).rejects.toMatchObject({ code: "ACCOUNT_LOCKED" });
    await expect(stage.login({ ...attempt, deviceToken }, originFrom())).resolves.toBeDefined();
  });

  test("nothing changes without the old password, and guesses of it are counted as at a sign-in", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    await stage.startSessions(id);
    const owner = { userId: id, clientId: "pipit-web", keep };
    const guess = (index: number) =>
      stage.ownAccount.changePassword(
        owner,
        { ...change, oldPassword: `Wrong-horse-${index}` },
        originFrom(`198.51.100.${index}`),
      );
    for (let index = 1; index <= 5; index++) {
      await expect(guess(index)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    }
    await expect(guess(6)).rejects.toMatchObject({ code: "ACCOUNT_LOCKED" });
    expect(await stage.liveSessions(id)).toHaveLength(6);
    expect(await stage.audited()).toContain("account.password_changed failure wrong-password");
  });

  test.each([
    ["weak", { ...change, newPassword: "weak" }],
    ["with the login in it", { ...change, newPassword: "Xann-horse-1" }],
    ["the old one", { ...change, newPassword: PASSWORD }],
  ])("a new password that is %s is refused before anything is counted", async (_what, passwords) => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    const owner = { userId: id, clientId: "pipit-web", keep };
    await expect(stage.ownAccount.changePassword(owner, passwords, originFrom())).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      field: "password",
    });
    expect(stage.verifications()).toBe(0);
  });

  test("who switches the account off is out everywhere at once [G10]", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register("ann");
    const { secret } = await stage.enrol(account);
    stage.nextStep();
    await stage.startSessions(account.id);
    const owner = { userId: account.id, clientId: "pipit-web", keep };
    const deactivate = (code?: string) =>
      stage.ownAccount.deactivate(owner, { password: PASSWORD, code }, originFrom());
    const { memories } = stage.temporary.store.auth;
    const memory = { userId: account.id, text: "I like tea", sourceTurn: undefined, createdAtMs: 1 };
    await memories.add({ ...memory, id: "memory-1" });
    await expect(deactivate()).rejects.toMatchObject({ code: "OTP_REQUIRED" });
    expect(await memories.list(account.id)).toHaveLength(1);
    const { projects } = stage.temporary.store.auth;
    const project = { id: "project-1", userId: account.id, name: "P", instructions: "", remembers: true };
    await projects.create({ ...project, createdAtMs: 1, updatedAtMs: 1 });
    expect(await stage.liveSessions(account.id)).toHaveLength(6);
    await deactivate(stage.codeOf(secret));
    expect(await stage.liveSessions(account.id)).toEqual([]);
    expect(await memories.list(account.id)).toEqual([]);
    expect(await projects.list(account.id)).toEqual([]);
    const browsers = ["web-1", "web-2", "web-3"];
    expect(stage.forgotten.toSorted()).toEqual(["family-1", "family-2", "family-3", ...browsers]);
    await expect(deactivate(stage.codeOf(secret))).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
  });

  test("a second factor that is set up, replaced or taken away ends the other sessions", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register("ann");
    const owner = { userId: account.id, clientId: "pipit-web", keep };
    await stage.startSessions(account.id);
    const { secret } = await stage.ownAccount.beginSecondFactor(owner, byPassword, originFrom());
    await stage.secondFactor.confirm(account.id, stage.codeOf(secret), keep, originFrom());
    expect(await stage.liveSessions(account.id)).toEqual(["family-1", "web-1"]);
    stage.nextStep();
    await stage.startSessions(account.id, "later-");
    await stage.ownAccount.disableSecondFactor(
      owner,
      { password: PASSWORD, code: stage.codeOf(secret) },
      originFrom(),
    );
    expect(await stage.liveSessions(account.id)).toEqual(["family-1", "web-1"]);
  });

  test("a session without the password begins no second factor, and guesses of it are counted", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    const owner = { userId: id, clientId: "pipit-web", keep };
    const begin = (password: string, index: number) =>
      stage.ownAccount.beginSecondFactor(
        owner,
        { password, code: undefined },
        originFrom(`198.51.100.${index}`),
      );
    for (let index = 1; index <= 5; index++) {
      await expect(begin("Wrong-horse-1", index)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    }
    await expect(begin(PASSWORD, 6)).rejects.toMatchObject({ code: "ACCOUNT_LOCKED" });
    await expect(stage.secondFactor.confirm(id, "000000", keep, originFrom())).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    expect((await stage.audited()).slice(1)).toEqual([
      ...Array.from({ length: 5 }, () => "otp.enrolment_begun failure wrong-password"),
      "otp.enrolment_begun failure locked",
    ]);
    await stage.accounts.unlock(id, { by: "admin" }, originFrom());
    await expect(begin(PASSWORD, 7)).resolves.toBeDefined();
  });

  test("where no password can be sent, only a login by password of the last minutes begins one", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register("ann");
    const { clock, store } = stage.temporary;
    await stage.startSessions(account.id);
    const given = { userId: account.id, authTimeMs: clock.nowMs(), expiresAtMs: clock.nowMs() + 3_600_000 };
    await store.auth.refreshTokens.createFamily(familyOf({ ...given, id: "by-code", originHash: "h" }));
    await store.auth.refreshTokens.createFamily(familyOf({ ...given, id: "local", amr: ["local"] }));
    const begin = (sessionId: string | undefined) =>
      stage.ownAccount.beginFirstFactorOfFreshSignIn(
        { userId: account.id, clientId: "pipit-cli", keep: { sessionId } },
        originFrom(),
      );
    const refused = { code: "NOT_ALLOWED", message: expect.stringMatching(/^Log in again/) };
    for (const sessionId of [undefined, "nobody's", "by-code", "local"]) {
      await expect(begin(sessionId)).rejects.toMatchObject(refused);
    }
    clock.advance(FRESH_SIGN_IN_MS - 1);
    await expect(begin("family-1")).resolves.toBeDefined();
    clock.advance(1);
    await expect(begin("family-1")).rejects.toMatchObject(refused);
    await stage.enrol(account);
    await expect(begin("family-1")).rejects.toMatchObject({ code: "NOT_ALLOWED", field: "otp" });
  });

  test("this computer's account has neither password nor second factor", async () => {
    await using stage = await openAccountStage(sqlite);
    const ann = await stage.register("ann");
    const local = { ...ann, id: "local-id", login: "local", local: true, passwordHash: undefined };
    await stage.temporary.store.auth.accounts.create(local);
    const owner = { userId: "local-id", clientId: "pipit-cli", keep };
    await expect(stage.ownAccount.changePassword(owner, change, originFrom())).rejects.toMatchObject({
      code: "NOT_ALLOWED",
    });
    await expect(stage.ownAccount.beginSecondFactor(owner, byPassword, originFrom())).rejects.toMatchObject({
      code: "NOT_ALLOWED",
    });
  });

  test("a session that owes a code ends after five wrong ones [G9]", async () => {
    await using stage = await openAccountStage(sqlite);
    const account = await stage.register("ann");
    const { secret } = await stage.enrol(account);
    stage.nextStep();
    await stage.startSessions(account.id, "", { pendingOtp: true });
    const pay = (sessionId: string, code: string, index: number) =>
      stage.signIn.submitSecondFactor(
        { userId: account.id, sessionId, clientId: "pipit-cli", owed: true, code },
        originFrom(`198.51.100.${index}`),
      );
    await pay("family-1", stage.codeOf(secret), 1);
    expect(stage.forgotten).toEqual(["family-1"]);
    await expect(pay("family-2", stage.codeOf(secret), 2)).rejects.toMatchObject({ code: "OTP_INVALID" });
    for (let index = 2; index <= 5; index++) {
      await expect(pay("family-2", "000000", index)).rejects.toMatchObject({ code: "OTP_INVALID" });
    }
    const families = await stage.temporary.query(
      "select id, pending_otp, revoked_at_ms from refresh_families",
    );
    expect(
      families.map(({ id, pending_otp, revoked_at_ms }) => [id, pending_otp, revoked_at_ms !== null]),
    ).toEqual(
      expect.arrayContaining([
        ["family-1", 0, false],
        ["family-2", 1, true],
        ["family-3", 1, false],
      ]),
    );
    await stage.accounts.unlock(account.id, { by: "admin" }, originFrom());
    stage.nextStep();
    // The right code does not bring it back, and is not used up by it.
    await expect(pay("family-2", stage.codeOf(secret), 6)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    await pay("family-3", stage.codeOf(secret), 6);
    // The same once more, as a client sends whose answer is late, to a server that has not heard of it.
    for (let index = 7; index <= 11; index++) {
      await expect(pay("family-3", stage.codeOf(secret), index)).rejects.toMatchObject({
        code: "OTP_INVALID",
      });
    }
    expect(await stage.liveSessions(account.id)).toContain("family-3");
  });
});
