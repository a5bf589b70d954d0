import { cookieNameAt } from "#server/http/kit/cookies.ts";
import { describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";
import { send, statusOfToken, totpCode, type WebAnswer } from "./web-stage.ts";

const PASSWORD = "Correct-horse-1";
const NEW_PASSWORD = "Battery-staple-2";

/** A browser: keeps cookies, and says where its page is from. */
class Browser {
  readonly #server: TestServer;
  readonly #jar = new Map<string, string>();
  origin: string | undefined;

  constructor(server: TestServer) {
    this.#server = server;
    this.origin = server.httpUrl;
  }

  cookie(name: string): string | undefined {
    return this.#jar.get(cookieNameAt(new URL(this.#server.httpUrl).host, name));
  }

  async ask(method: string, path: string, body?: unknown): Promise<WebAnswer> {
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await send(this.#server.httpUrl, {
      method,
      path,
      headers: {
        ...(this.origin === undefined ? {} : { origin: this.origin }),
        ...(cookie === "" ? {} : { cookie }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [pair = ""] = line.split(";", 1);
      const at = pair.indexOf("=");
      if (/Max-Age=0(;|$)/.test(line)) this.#jar.delete(pair.slice(0, at));
      else this.#jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  register(login: string, more: object = {}): Promise<WebAnswer> {
    return this.ask("POST", "/auth/register", { login, password: PASSWORD, ...more });
  }

  login(login: string, password = PASSWORD, more: object = {}): Promise<WebAnswer> {
    return this.ask("POST", "/auth/login", { login, password, ...more });
  }
}

describe.each(databasesBySize)("accounts over HTTP on $name", ({ name }) => {
  test("register, me, profile, logout and login, in the original's fields", async () => {
    await using server = await startTestServer({ database: name });
    const browser = new Browser(server);
    const registered = await browser.register("Ann", { display_name: "Ann A.", about: "Hi" });
    expect(registered.status).toBe(200);
    const fields = { login: "Ann", display_name: "Ann A.", about: "Hi", email: null, role: "user" };
    expect(registered.json).toMatchObject({ ...fields, id: expect.any(String), account_name: "Ann A." });
    expect(registered.headers["set-cookie"]).toEqual([
      expect.stringMatching(/^session_token_\d+=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    expect((await browser.ask("GET", "/auth/me")).json).toMatchObject(fields);

    const changed = await browser.ask("PUT", "/auth/profile", { about: null, email: "ann@x.org" });
    expect(changed.json).toMatchObject({ ...fields, about: null, email: "ann@x.org" });

    const out = await browser.ask("POST", "/auth/logout");
    expect([out.status, out.json]).toEqual([200, { message: "Logged out successfully" }]);
    expect(browser.cookie("session_token")).toBeUndefined();
    expect((await browser.ask("GET", "/auth/me")).status).toBe(401);
    expect((await browser.ask("POST", "/auth/logout")).json).toEqual({ message: "Logged out successfully" });

    const back = await browser.login("ANN@x.org");
    expect([back.status, back.json]).toMatchObject([200, { login: "Ann", about: null }]);
    expect(back.headers).toMatchObject({
      "x-ratelimit-limit": "5",
      "x-ratelimit-remaining": "5",
      "x-ratelimit-reset": expect.stringMatching(/^\d+$/),
      "cache-control": "no-store",
    });
    expect(browser.cookie("pipit_device")).toMatch(/^[\w-]{22}\.[\w-]{43}$/);
  });

  test("refusals say what is wrong, also in the original's field", async () => {
    await using server = await startTestServer({ database: name });
    const browser = new Browser(server);
    await browser.register("ann");
    const taken = await new Browser(server).register("ANN");
    expect([taken.status, taken.json]).toMatchObject([
      400,
      { detail: "Login already exists", error: { code: "INVALID_REQUEST", field: "login" } },
    ]);
    const stranger = new Browser(server);
    const wrong = await stranger.login("ann", "Wrong-horse-1");
    const unknown = await stranger.login("nobody");
    expect([wrong.status, wrong.json]).toEqual([
      401,
      {
        error: { code: "CREDENTIALS_INVALID", message: "Invalid login or password." },
        detail: "Invalid login or password.",
      },
    ]);
    expect(unknown.text).toBe(wrong.text);
    for (const body of [{}, { login: 1, password: PASSWORD }, { login: "ann" }]) {
      expect((await stranger.ask("POST", "/auth/login", body)).status).toBe(400);
    }
    expect((await stranger.ask("POST", "/auth/login", [])).status).toBe(415);
    const form = await send(server.httpUrl, {
      method: "POST",
      path: "/auth/login",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `login=ann&password=${PASSWORD}`,
    });
    expect(form.status).toBe(415);
    const torn = await send(server.httpUrl, {
      method: "POST",
      path: "/auth/login",
      headers: { "content-type": "application/json" },
      body: `{"login":"ann","password":"${PASSWORD}`,
    });
    expect(torn.status).toBe(400);
    expect(torn.text).not.toContain(PASSWORD);
  });

  test("too many failures are 429 with the time to wait", async () => {
    await using server = await startTestServer({ database: name });
    await new Browser(server).register("ann");
    const stranger = new Browser(server);
    for (let count = 0; count < 5; count++)
      expect((await stranger.login("ann", "Wrong-horse-1")).status).toBe(401);
    const refused = await stranger.login("ann");
    expect([refused.status, refused.json]).toMatchObject([429, { error: { code: "RATE_LIMITED" } }]);
    expect(refused.headers).toMatchObject({
      "retry-after": expect.stringMatching(/^\d+$/),
      "x-ratelimit-limit": "5",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": refused.headers["retry-after"],
    });
  });

  test("no other page makes a browser register, sign in, or change anything", async () => {
    await using server = await startTestServer({ database: name });
    const browser = new Browser(server);
    await browser.register("ann");
    browser.origin = "https://evil.example";
    for (const [method, path] of [
      ["POST", "/auth/register"],
      ["POST", "/auth/login"],
      ["POST", "/auth/logout"],
      ["PUT", "/auth/profile"],
      ["PUT", "/auth/password"],
      ["POST", "/auth/otp/init"],
      ["POST", "/auth/otp/confirm"],
      ["POST", "/auth/otp/disable"],
      ["POST", "/auth/deactivate"],
    ] as const) {
      const answer = await browser.ask(method, path, { login: "bob", password: PASSWORD, about: "evil" });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    browser.origin = server.httpUrl;
    expect((await browser.ask("GET", "/auth/me")).json).toMatchObject({ login: "ann", about: null });
  });

  test("a new password ends every other session at once, and this one goes on [12] [G10]", async () => {
    await using server = await startTestServer({ database: name });
    const here = new Browser(server);
    const there = new Browser(server);
    await here.register("ann");
    await there.login("ann");
    const token = await passwordGrant(server, "ann");
    expect(await statusOfToken(server, token)).toBe(200);
    const old = { old_password: PASSWORD, new_password: NEW_PASSWORD };
    const wrong = await here.ask("PUT", "/auth/password", { ...old, old_password: "Wrong-horse-1" });
    expect(wrong.status).toBe(401);
    expect((await here.ask("PUT", "/auth/password", old)).status).toBe(200);
    expect((await here.ask("GET", "/auth/me")).status).toBe(200);
    expect((await there.ask("GET", "/auth/me")).status).toBe(401);
    expect(await statusOfToken(server, token)).toBe(401);
    expect((await there.login("ann")).status).toBe(401);
    expect((await there.login("ann", NEW_PASSWORD)).status).toBe(200);
  });

  test("the second factor: set up, asked for, replaced by a recovery code, taken away", async () => {
    await using server = await startTestServer({ database: name });
    const browser = new Browser(server);
    await browser.register("ann");
    // The cookie alone enrols nothing: a thief of it would lock its owner out.
    expect(await browser.ask("POST", "/auth/otp/init", {})).toMatchObject({
      status: 400,
      json: {
        error: { code: "INVALID_REQUEST", field: "password", message: "password: must be given, as a text." },
      },
    });
    expect(await browser.ask("POST", "/auth/otp/init", { password: "Wrong-horse-1" })).toMatchObject({
      status: 401,
      json: { error: { code: "CREDENTIALS_INVALID" } },
    });
    expect((await browser.ask("POST", "/auth/otp/confirm", { otp: "000000" })).status).toBe(400);
    const begun = await browser.ask("POST", "/auth/otp/init", { password: PASSWORD });
    expect(begun.json).toMatchObject({
      uri: expect.stringMatching(/^otpauth:\/\/totp\/Pipit:ann\?secret=[A-Z2-7]{32}&issuer=Pipit$/),
      qr_svg: expect.stringContaining("<svg"),
    });
    const { secret } = begun.json as { readonly secret: string };
    expect((await browser.ask("POST", "/auth/otp/confirm", { otp: "000000" })).status).toBe(401);
    const confirmed = await browser.ask("POST", "/auth/otp/confirm", { otp: totpCode(secret) });
    const { recovery_codes: codes } = confirmed.json as { readonly recovery_codes: readonly string[] };
    expect(codes).toHaveLength(10);

    const other = new Browser(server);
    expect((await other.login("ann")).json).toMatchObject({ error: { code: "OTP_REQUIRED", field: "otp" } });
    // The next step: this one's code was used up by the enrolment.
    const otp = totpCode(secret, 1);
    expect((await other.login("ann", PASSWORD, { otp })).status).toBe(200);
    expect((await other.login("ann", PASSWORD, { otp })).json).toMatchObject({
      error: { code: "OTP_INVALID" },
    });
    expect((await browser.ask("POST", "/auth/otp/init", { password: PASSWORD })).status).toBe(403);
    const off = await browser.ask("POST", "/auth/otp/disable", { password: PASSWORD, otp: codes[0] });
    expect(off.status).toBe(200);
    expect((await new Browser(server).login("ann")).status).toBe(200);
  });

  test("an account that its owner switches off is out everywhere, also by token", async () => {
    await using server = await startTestServer({ database: name });
    const browser = new Browser(server);
    await browser.register("ann");
    const token = await passwordGrant(server, "ann");
    expect((await browser.ask("POST", "/auth/deactivate", { password: "Wrong-horse-1" })).status).toBe(401);
    expect((await browser.ask("POST", "/auth/deactivate", { password: PASSWORD })).status).toBe(200);
    expect(await statusOfToken(server, token)).toBe(401);
    expect((await browser.ask("GET", "/auth/me")).status).toBe(401);
    expect((await browser.login("ann")).status).toBe(401);
  });

  test("logging out by bearer token ends its session", async () => {
    await using server = await startTestServer({ database: name });
    await new Browser(server).register("ann");
    const token = await passwordGrant(server, "ann");
    const headers = { authorization: `Bearer ${token}` };
    const out = await send(server.httpUrl, { method: "POST", path: "/auth/logout", headers });
    expect(out.json).toEqual({ message: "Logged out successfully" });
    expect(await statusOfToken(server, token)).toBe(401);
    expect((await send(server.httpUrl, { method: "POST", path: "/auth/logout", headers })).status).toBe(200);
  });
});

async function passwordGrant(server: TestServer, username: string): Promise<string> {
  const response = await fetch(`${server.httpUrl}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "pipit-cli",
      username,
      password: PASSWORD,
    }),
  });
  const { access_token: token } = (await response.json()) as { readonly access_token: string };
  return token;
}
