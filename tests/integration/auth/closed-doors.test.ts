import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { cookieOf, FORM, send, type WebAnswer } from "../web-stage.ts";

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
});
