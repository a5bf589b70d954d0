import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI_CLIENT_ID, DESKTOP_CLIENT_ID } from "#contract/auth-wire.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { cookieOf, FORM, send, type SentCode, type WebAnswer } from "../web-stage.ts";

const PASSWORD = "Correct-horse-1";

/** Each is what an attacker does, who has something that ought to be worth little. */
describe.each(["SQLite", "PostgreSQL"] as const)("on %s", (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const post = (path: string, headers: Readonly<Record<string, string>>, body = ""): Promise<WebAnswer> =>
    send(server.httpUrl, { method: "POST", path, headers: { origin: server.httpUrl, ...headers }, body });
  const form = (path: string, fields: Readonly<Record<string, string>>): Promise<WebAnswer> =>
    post(path, FORM, new URLSearchParams(fields).toString());
  const json = (path: string, fields: object): Promise<WebAnswer> =>
    post(path, { "content-type": "application/json" }, JSON.stringify(fields));
  const statusOf = async (cookie: string): Promise<number> =>
    (await send(server.httpUrl, { path: "/auth/me", headers: { cookie } })).status;
  const tokensOf = async (login: string) => {
    await json("/auth/register", { login, password: PASSWORD });
    const fields = { grant_type: "password", client_id: CLI_CLIENT_ID, username: login, password: PASSWORD };
    const { access_token: accessToken, refresh_token: refreshToken } = (await form("/oauth/token", fields))
      .json as { readonly access_token: string; readonly refresh_token: string };
    return { accessToken, refreshToken, bearer: { authorization: `Bearer ${accessToken}` } };
  };

  test("S9: the browser's session that a token was traded for ends when the token is revoked", async () => {
    const { accessToken, bearer } = await tokensOf("nina");
    const cookie = cookieOf(await post("/auth/session", bearer));
    expect(await statusOf(cookie)).toBe(200);
    await form("/oauth/revoke", { client_id: CLI_CLIENT_ID, token: accessToken });
    expect(await statusOf(cookie)).toBe(401);
  });

  const codeOf = async (bearer: Readonly<Record<string, string>>): Promise<SentCode> =>
    (await post("/auth/sign-in-codes", bearer)).json as SentCode;
  const nameOf = async (cookie: string): Promise<unknown> =>
    (
      (await send(server.httpUrl, { path: "/auth/me", headers: { cookie } })).json as {
        readonly login?: string;
      }
    ).login;

  test("S1: a link of another person changes nothing in a browser without its digits or a confirmation", async () => {
    const mallory = await tokensOf("mallory");
    await json("/auth/register", { login: "victim", password: PASSWORD });
    const cookie = cookieOf(await json("/auth/login", { login: "victim", password: PASSWORD }));
    const { code, digits } = await codeOf(mallory.bearer);
    const tried = async (fields: Readonly<Record<string, string>>, headers = {}) => {
      const answer = await post(
        "/auth/sign-in",
        { ...FORM, ...headers },
        new URLSearchParams(fields).toString(),
      );
      expect(answer.headers["set-cookie"]).toBeUndefined();
      return answer.status;
    };
    expect(await tried({ code }, { cookie })).toBe(400);
    expect(await tried({ code })).toBe(400);
    // The account may be looked at in a browser that is signed in, without spending the code, and must be the one agreed to.
    expect(await tried({ code, confirmed: "somebody else" }, { cookie })).toBe(401);
    const look = await post("/auth/sign-in/account", { ...FORM, cookie }, `code=${code}`);
    const { account_id: confirmed } = look.json as { readonly account_id: string };
    expect(look.json).toEqual({ account_id: expect.any(String), account_name: "mallory", local: false });
    expect(await tried({ code, confirmed })).toBe(401);
    expect(await tried({ code, confirmed }, { cookie: `${cookie.split("=")[0]}=${"A".repeat(43)}` })).toBe(
      401,
    );
    expect(await tried({ code, confirmed }, { cookie, origin: "https://evil.example" })).toBe(403);
    expect((await post("/auth/sign-in/account", FORM, `code=${code}`)).status).toBe(401);
    expect(await nameOf(cookie)).toBe("victim");

    const agreed = await post(
      "/auth/sign-in",
      { ...FORM, cookie },
      new URLSearchParams({ code, confirmed }).toString(),
    );
    expect(await nameOf(cookieOf(agreed))).toBe("mallory");
    expect(await statusOf(cookie)).toBe(401);

    const guessed = await codeOf(mallory.bearer);
    const wrong = guessed.digits === "0000" ? "1111" : "0000";
    for (let tries = 0; tries < 5; tries++) expect(await tried({ ...guessed, digits: wrong })).toBe(401);
    expect(await tried({ code: guessed.code, digits: guessed.digits })).toBe(401);
    expect(await tried({ code, digits })).toBe(401);
  });

  test("S1: in the browser of another account the right digits are no consent either", async () => {
    const oscar = await tokensOf("oscar");
    const trent = cookieOf(await json("/auth/register", { login: "trent", password: PASSWORD }));
    const { code, digits } = await codeOf(oscar.bearer);
    const by = (proof: Readonly<Record<string, string>>, cookie: string) =>
      post("/auth/sign-in", { ...FORM, cookie }, new URLSearchParams({ code, ...proof }).toString());
    const refused = await by({ digits }, trent);
    expect([refused.status, refused.json]).toMatchObject([400, { error: { field: "confirmed" } }]);
    expect(refused.headers["set-cookie"]).toBeUndefined();
    expect(await nameOf(trent)).toBe("trent");

    // The code is as good as before: for the one who agrees, and in a browser of that very account.
    const own = cookieOf(await json("/auth/login", { login: "oscar", password: PASSWORD }));
    expect(await nameOf(cookieOf(await by({ digits }, own)))).toBe("oscar");
  });

  test("S2: what a stolen access token buys ends with its session, and begins no other one", async () => {
    const { refreshToken, bearer } = await tokensOf("sam");
    const [spent, kept] = [await codeOf(bearer), await codeOf(bearer)];
    const cookie = cookieOf(await form("/auth/sign-in", { code: spent.code, digits: spent.digits }));
    expect(await nameOf(cookie)).toBe("sam");

    const query = new URLSearchParams({
      client_id: DESKTOP_CLIENT_ID,
      response_type: "code",
      redirect_uri: "http://127.0.0.1:49152/callback",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
      state: "x",
    });
    const authorized = await send(server.httpUrl, { path: `/oauth/authorize?${query}`, headers: { cookie } });
    const path = new URL(authorized.headers.location ?? "", server.httpUrl).pathname;
    const jar = [cookie, ...(authorized.headers["set-cookie"] ?? []).map((one) => one.split(";", 1)[0])].join(
      "; ",
    );
    const page = await send(server.httpUrl, { path, headers: { cookie: jar } });
    expect(page.text).toContain('name="password"');

    await form("/oauth/revoke", { client_id: CLI_CLIENT_ID, token: refreshToken });
    expect(await statusOf(cookie)).toBe(401);
    expect((await form("/auth/sign-in", { code: kept.code, digits: kept.digits })).status).toBe(401);
  });

  test("S7: strangers begin no more sign-ins than their network may, and none with a long state", async () => {
    const authorize = (state: string) =>
      send(server.httpUrl, {
        path: `/oauth/authorize?${new URLSearchParams({
          client_id: DESKTOP_CLIENT_ID,
          response_type: "code",
          redirect_uri: "http://127.0.0.1:49152/callback",
          code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
          code_challenge_method: "S256",
          state,
        })}`,
      });
    expect((await authorize("x".repeat(512))).status).toBe(303);
    expect((await authorize("x".repeat(513))).status).toBe(400);
    const flood = await Promise.all(Array.from({ length: 110 }, () => authorize("x")));
    expect(flood.some(({ status, headers }) => status === 429 && headers["retry-after"] !== undefined)).toBe(
      true,
    );
    const device = await form("/oauth/device_authorization", { client_id: CLI_CLIENT_ID });
    expect(device.status).toBe(429);
    for (const path of ["/oauth/device", "/oauth/logout"]) {
      expect((await send(server.httpUrl, { path })).status).toBe(429);
    }
  });
});
