import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SignedInAccount } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { defaultSettings } from "#contract/settings.ts";
import type { ServerLook } from "#contract/sign-in.ts";
import { away, createAppHarness, serverLook, type AppHarness } from "#engine/testing/app-harness.ts";
import type { FoundServer } from "./app-ports.ts";

let at: AppHarness;
beforeEach(() => void (at = createAppHarness()));
afterEach(() => at.app[Symbol.asyncDispose]());

describe("another server", () => {
  const token = { serverUrl: "https://other", token: "t" };

  test("gets a client of its own, and the one before is closed", async () => {
    await at.app.start();
    await at.app.commands.signInWithToken(token);
    expect(at.log).toEqual(["open ", "sign in", "open https://other", "login t", "close ", "sign in"]);
    expect(at.settings.getState()).toMatchObject({ serverUrl: "https://other", servers: ["https://other"] });
  });

  test("is looked at although the look at the one before hangs, and what that finds later is not shown", async () => {
    const hanging = Promise.withResolvers<FoundServer>();
    const finds = [hanging.promise, Promise.resolve({ httpUrl: "https://other", own: false })];
    at.client = { ...at.client, findServer: async () => (await finds.shift()) ?? Promise.reject(away) };
    await at.app[Symbol.asyncDispose]();
    at.app = at.open();
    void at.app.start();
    await expect.poll(() => finds.length).toBe(1);
    await at.app.commands.updateSettings({ serverUrl: "https://other" });
    const other = { kind: "ready", httpUrl: "https://other" };
    expect(at.app.state.getState().server).toMatchObject(other);
    hanging.resolve({ httpUrl: "https://before", own: false });
    await new Promise(setImmediate);
    expect(at.app.state.getState().server).toMatchObject(other);
  });

  test("that refuses the token leaves everything as it was", async () => {
    const refusal = new PipitError("TOKEN_INVALID", "No.");
    await at.app.start();
    at.client = { ...at.client, login: () => Promise.reject(refusal) };
    await expect(at.app.commands.signInWithToken(token)).rejects.toBe(refusal);
    expect(at.settings.getState()).toBe(defaultSettings);
    expect(at.log).toEqual(["open ", "sign in", "open https://other", "close https://other"]);
  });
  test("whose address the host does not take closes what signed in there", async () => {
    const refusal = new PipitError("CONFIG_INVALID", "No.");
    at.refuse = refusal;
    await expect(at.app.commands.signInWithToken(token)).rejects.toBe(refusal);
    expect(at.log).toEqual(["open ", "open https://other", "login t", "close https://other"]);
  });

  test("is no choice for a page, which knows only its own", async () => {
    await using page = at.open({ available: false, reason: "browser-cannot" });
    await page.commands.signInWithToken(token);
    expect([at.settings.getState().serverUrl, at.log.at(-1)]).toEqual(["", "login t"]);
  });
});

describe("signing in", () => {
  const ann = { serverUrl: "", login: "ann", password: "p" };
  const untilAborted = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  test("is done once at a time: the next ends the one before, as does giving it up", async () => {
    const asked: unknown[] = [];
    at.client = {
      ...at.client,
      login: async (request, _show, signal) => {
        asked.push(request);
        await untilAborted(signal);
      },
    };
    await at.app[Symbol.asyncDispose]();
    at.app = at.open();
    const first = at.app.commands.signInWithPassword(ann);
    const gaveWay = expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => asked.length).toBe(1);
    const second = at.app.commands.register({ ...ann, displayName: "Ann" });
    await gaveWay;
    const givenUp = expect(second).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => asked.length).toBe(2);
    await at.app.commands.cancelSignIn();
    await givenUp;
    expect(asked).toEqual([
      { kind: "password", login: "ann", password: "p" },
      { kind: "register", login: "ann", password: "p", displayName: "Ann" },
    ]);
  });
  test("by another device shows what to do there, for as long as it waits", async () => {
    const prompt = { userCode: "ABCD-EFGH", verificationUri: "https://x/device", expiresAtMs: 1 };
    const approved = Promise.withResolvers<void>();
    at.client = {
      ...at.client,
      login: async (_request, show) => {
        show(prompt);
        await approved.promise;
      },
    };
    await at.app[Symbol.asyncDispose]();
    at.app = at.open();
    const signedIn = at.app.commands.signInByDevice({ serverUrl: "" });
    await expect.poll(() => at.app.state.getState().devicePrompt).toEqual(prompt);
    approved.resolve();
    await signedIn;
    expect(at.app.state.getState().devicePrompt).toBeUndefined();
  });
  test("looks first at how the server does it: at the last address that was typed, or where the own one answers", async () => {
    const hanging = Promise.withResolvers<ServerLook>();
    const looks = [hanging.promise, Promise.resolve(serverLook)];
    at.look = async () => (await looks.shift()) ?? Promise.reject(away);
    void at.app.commands.lookAtServer({ serverUrl: "https://a" });
    expect(await at.app.commands.lookAtServer({ serverUrl: "" })).toEqual(serverLook);
    expect(at.log.slice(1)).toEqual(["look https://a", "look http://127.0.0.1:1"]);
    hanging.resolve(serverLook);
  });
});

describe("several accounts", () => {
  const account = (serverUrl: string, accountId: string, active = false): SignedInAccount => ({
    serverUrl,
    accountId,
    accountName: accountId,
    local: false,
    active,
  });
  const shown = () => at.app.state.getState().accounts?.map(({ accountId }) => accountId);
  test("are shown as they change, and one whose sign-out waits for its server is gone at once", async () => {
    at.kept = [account("", "ann", true), account("", "bob")];
    await at.app.start();
    at.chat.session.signIn("ann");
    await expect.poll(shown).toEqual(["ann", "bob"]);
    const told = Promise.withResolvers<void>();
    at.leave = () => told.promise;
    const leaving = at.app.commands.signOutAccount({ serverUrl: "", accountId: "bob" });
    await expect.poll(shown).toEqual(["ann"]);
    at.kept = [account("", "ann", true)];
    told.resolve();
    await leaving;
    expect(shown()).toEqual(["ann"]);
    expect(at.app.auth.getState()).toMatchObject({ kind: "signed-in" });
    await at.app.commands.signOutAccount({ serverUrl: "", accountId: "ann" });
    expect(at.app.auth.getState()).toMatchObject({ kind: "signed-out", reason: "logout" });
    expect(at.log).not.toContain("sign out ann at ");
  });
  test("of another server: a switch opens its client, and is taken only when the account is there", async () => {
    const there = { serverUrl: "https://other", accountId: "bob" };
    const gone = new PipitError("SIGNED_OUT", "No.");
    await at.app.start();
    at.client = { ...at.client, login: () => Promise.reject(gone) };
    await expect(at.app.commands.switchAccount(there)).rejects.toBe(gone);
    expect(at.settings.getState()).toBe(defaultSettings);
    const asked: unknown[] = [];
    at.client = { ...at.client, login: async (request) => void asked.push(request) };
    at.log = [];
    await at.app.commands.switchAccount(there);
    expect(asked).toEqual([{ kind: "kept", accountId: "bob" }]);
    expect(at.log).toEqual(["open https://other", "close ", "sign in"]);
    expect(at.settings.getState().serverUrl).toBe("https://other");
  });
  test("of another server: is signed out there, and the one in use stays", async () => {
    await at.app.start();
    at.chat.session.signIn("ann");
    at.log = [];
    await at.app.commands.signOutAccount({ serverUrl: "https://other", accountId: "ann" });
    expect(at.log).toEqual(["open https://other", "sign out ann at https://other", "close https://other"]);
    expect(at.app.auth.getState()).toMatchObject({ kind: "signed-in", accountId: "ann" });
  });
});
