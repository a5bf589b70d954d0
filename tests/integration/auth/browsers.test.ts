import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { cookieOf, send, type WebAnswer } from "../web-stage.ts";

const PASSWORD = "Correct-horse-1";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

interface Browser {
  readonly cookie: string;
  ask(method: string, path: string): Promise<WebAnswer>;
}

async function browser(
  path: "/auth/register" | "/auth/login",
  login: string,
  userAgent: string,
): Promise<Browser> {
  const headers = { origin: server.httpUrl, "content-type": "application/json", "user-agent": userAgent };
  const body = JSON.stringify({ login, password: PASSWORD });
  const cookie = cookieOf(await send(server.httpUrl, { method: "POST", path, headers, body }));
  return {
    cookie,
    ask: (method, asked) =>
      send(server.httpUrl, { method, path: asked, headers: { cookie, origin: server.httpUrl } }),
  };
}

test("a user sees the browsers that are signed in, and signs one out; nobody signs out another's", async () => {
  const here = await browser("/auth/register", "olga", "Firefox/140.0");
  const there = await browser("/auth/login", "olga", "Chrome/148.0");
  const stranger = await browser("/auth/register", "eve", "Safari/18.5");
  const { sessions } = (await here.ask("GET", "/auth/browsers")).json as {
    readonly sessions: readonly { readonly session_id: string; readonly user_agent: string }[];
  };
  const fields = { client_id: "pipit-web", ip_address: expect.any(String), last_used: expect.any(String) };
  expect(sessions).toHaveLength(2);
  expect(sessions).toContainEqual(
    expect.objectContaining({ ...fields, user_agent: "Firefox/140.0", current: true }),
  );
  expect(sessions).toContainEqual(
    expect.objectContaining({ ...fields, user_agent: "Chrome/148.0", current: false }),
  );
  // What the list names opens nothing.
  const token = there.cookie.split("=")[1] ?? "?";
  expect(JSON.stringify(sessions)).not.toContain(token);

  const target = sessions.find(({ user_agent: agent }) => agent === "Chrome/148.0")?.session_id ?? "?";
  expect((await stranger.ask("DELETE", `/auth/browsers/${target}`)).status).toBe(404);
  expect((await there.ask("GET", "/auth/me")).status).toBe(200);
  expect((await here.ask("DELETE", `/auth/browsers/${target}`)).status).toBe(200);
  expect((await there.ask("GET", "/auth/me")).status).toBe(401);
  expect((await here.ask("DELETE", `/auth/browsers/${target}`)).status).toBe(404);
  expect((await here.ask("DELETE", "/auth/browsers/not-an-id")).status).toBe(404);
  expect((await here.ask("GET", "/auth/me")).status).toBe(200);
});
