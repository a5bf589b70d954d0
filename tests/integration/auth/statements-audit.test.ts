import { generateSync } from "otplib/functional";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import { jsonLines } from "../cli-process.ts";
import { send, type WebAnswer } from "../web-stage.ts";
import { basicOf, type Fields } from "#tests/testing/auth/auth-stage.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { authorizationRequest, REDIRECT } from "#tests/testing/auth/oidc-stage.ts";
import { startProgram, type ServedProgram } from "#tests/testing/auth/served-program.ts";
import { DEVICE_GRANT } from "#tests/testing/auth/statements-flows.ts";

const PASSWORD = "Correct-horse-1";
const NEW_PASSWORD = "Battery-staple-2";
const WRONG = "Wrong-horse-9";
const STEP_SECONDS = 30;
const app = { client_id: "pipit-cli" };
type Body = Readonly<Record<string, unknown>>;

describe.each(databasesBySize)("the audit of pipit serve on $name", ({ name }) => {
  let program: ServedProgram;
  beforeAll(async () => {
    program = await startProgram(name);
    const added = await program.run(["admin", "clients", "add", "worker", "--name", "W", "--confidential"]);
    const registered = await json("POST", "/auth/register", { login: "ann", password: PASSWORD });
    const [cookie = ""] = (registered.headers["set-cookie"] ?? []).map((line) => line.split(";", 1)[0]);
    await useClient(added.stdout.trim());
    await useTokens();
    await useCode();
    await useDevice();
    await useSecondFactor(cookie);
    const change = { old_password: PASSWORD, new_password: NEW_PASSWORD };
    expect((await json("PUT", "/auth/password", change, { cookie })).status).toBe(200);
  });
  afterAll(() => program[Symbol.asyncDispose]());

  const form = async (path: string, fields: Fields, headers: Fields = {}): Promise<Body> => {
    const all = { "content-type": "application/x-www-form-urlencoded", ...headers };
    const body = new URLSearchParams(fields).toString();
    return ((await send(program.url, { method: "POST", path, headers: all, body })).json ?? {}) as Body;
  };
  const json = (method: string, path: string, body: object, headers: Fields = {}): Promise<WebAnswer> => {
    const all = { "content-type": "application/json", origin: program.url, ...headers };
    return send(program.url, { method, path, headers: all, body: JSON.stringify(body) });
  };

  async function useClient(secret: string): Promise<void> {
    for (const one of [secret, WRONG]) {
      await form("/oauth/token", { grant_type: "client_credentials" }, basicOf("worker", one));
    }
  }

  /** A wrong password and a right one, a refresh, and the reuse of a token. */
  async function useTokens(): Promise<void> {
    const grant = { ...app, grant_type: "password", username: "ann" };
    await form("/oauth/token", { ...grant, password: WRONG });
    const first = await form("/oauth/token", { ...grant, password: PASSWORD });
    const refresh = (token: unknown) =>
      form("/oauth/token", { ...app, grant_type: "refresh_token", refresh_token: String(token) });
    const second = await refresh(first["refresh_token"]);
    await refresh(second["refresh_token"]);
    expect((await refresh(first["refresh_token"]))["error"]).toBe("invalid_grant");
  }

  async function useCode(): Promise<void> {
    const browser = createFormBrowser(program.url);
    const { url, verifier } = authorizationRequest();
    const page = await browser.open(url);
    const left = browser.leftTo(await browser.send(page, { login: "ann", password: PASSWORD }));
    const code = left.searchParams.get("code") ?? "";
    const redeem = { ...app, grant_type: "authorization_code", code, redirect_uri: REDIRECT };
    for (const error of [undefined, "invalid_grant"]) {
      const answer = await form("/oauth/token", { ...redeem, code_verifier: verifier });
      expect(answer["error"]).toBe(error);
    }
  }

  async function useDevice(): Promise<void> {
    for (const press of ["confirm", "abort"] as const) {
      const browser = createFormBrowser(program.url);
      const device = await form("/oauth/device_authorization", app);
      const typed = { user_code: String(device["user_code"]) };
      const next = await browser.send(await browser.send(await browser.open("/oauth/device"), typed), {}, [
        press,
        "yes",
      ]);
      if (press === "confirm") await browser.send(next, { login: "ann", password: PASSWORD });
      const device_code = String(device["device_code"]);
      await form("/oauth/token", { ...app, grant_type: DEVICE_GRANT, device_code });
    }
  }

  async function useSecondFactor(cookie: string): Promise<void> {
    const begun = await json("POST", "/auth/otp/init", { password: PASSWORD }, { cookie });
    const { secret } = begun.json as { readonly secret: string };
    const codeOf = (steps: number): string =>
      generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + steps * STEP_SECONDS });
    const confirmed = await json("POST", "/auth/otp/confirm", { otp: codeOf(0) }, { cookie });
    const { recovery_codes: codes } = confirmed.json as { readonly recovery_codes: readonly string[] };
    const login = { login: "ann", password: PASSWORD };
    for (const otp of [codeOf(1), codes[0]]) {
      expect((await json("POST", "/auth/login", { ...login, otp })).status).toBe(200);
    }
    expect((await json("POST", "/auth/login", { ...login, otp: codes[0] })).status).toBe(401);
  }

  test("[G8] has every decision, with who and from where, in chains that are whole", async () => {
    expect(await program.run(["audit", "verify"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The audit log is whole: \d+ events\n$/),
    });
    const { stdout } = await program.run(["audit", "list", "--json", "--limit", "1000"]);
    const events = jsonLines(stdout);
    const decisions = events.map(({ event, outcome }) => `${String(event)} ${String(outcome)}`);
    expect([...new Set(decisions)]).toEqual(
      expect.arrayContaining([
        "account.password_changed success",
        "account.registered success",
        "client.created success",
        "client.refused failure",
        "device.approved success",
        "device.refused failure",
        "login failure",
        "login success",
        "otp.enrolled success",
        "otp.enrolment_begun success",
        "otp.recovery_code_used success",
        "session.revoked success",
        "session.started success",
        "token.issued success",
        "token.refreshed success",
        "token.refused failure",
        "token.reuse_detected failure",
      ]),
    );
    for (const event of events.filter((one) => one["event"] === "login")) {
      expect(event).toMatchObject({ ip: "127.0.0.1", clientId: expect.any(String) });
    }
    // A person who says no owes no reason.
    const owing = events.filter(({ event, outcome }) => outcome === "failure" && event !== "device.refused");
    for (const event of owing) {
      expect(event).toMatchObject({ reason: expect.stringMatching(/./) });
    }
  });
});
