import { cookieNameAt } from "#server/http/kit/cookies.ts";
import { readdir, readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "#server/domain/clock.ts";
import { createLogger } from "#server/observe/logger.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import {
  cookieOf,
  FORM,
  newCode,
  openSession,
  send,
  signInWithCode,
  type SentCode,
  type WebAnswer,
} from "../web-stage.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const DAY_MS = 24 * 60 * 60 * 1000;
const me = (cookie: string, headers: Readonly<Record<string, string>> = {}): Promise<WebAnswer> =>
  send(server.httpUrl, { path: "/auth/me", headers: { cookie: here(cookie), ...headers } });
/** With the cookie's name at this server. */
const here = (cookie: string): string =>
  cookie.replace("session_token=", `${cookieNameAt(new URL(server.httpUrl).host, "session_token")}=`);
const bearer = (): Readonly<Record<string, string>> => ({ authorization: `Bearer ${server.accessToken}` });

describe("POST /auth/sign-in", () => {
  test("turns a code into a cookie that no script can read and no other site can send", async () => {
    const answer = await signInWithCode(server, await newCode(server), { origin: server.httpUrl });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      account_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      account_name: "This computer",
      local: true,
      expires_at: expect.any(Number),
    });
    const { expires_at: expiresAt } = answer.json as { expires_at: number };
    expect(Math.abs(expiresAt - (Date.now() + 7 * DAY_MS))).toBeLessThan(60_000);
    expect(answer.headers["set-cookie"]).toEqual([
      expect.stringMatching(
        /^session_token_\d+=[A-Za-z0-9_-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect((await me(cookieOf(answer))).status).toBe(200);
  });

  test("marks the cookie Secure when the page came through TLS", async () => {
    await using proxied = await startTestServer({ config: { publicUrl: "https://pipit.example" } });
    for (const host of ["pipit.example", new URL(proxied.httpUrl).host]) {
      const answer = await signInWithCode(proxied, await newCode(proxied), {
        host,
        origin: "https://pipit.example",
      });
      expect(answer.headers["set-cookie"]).toEqual([expect.stringMatching(/; Secure$/)]);
    }
  });

  test.each([
    ["a guess", "guess"],
    ["a good shape", "A".repeat(43)],
    ["very long", "x".repeat(5000)],
  ])("%s is 401 TOKEN_INVALID, without a cookie", async (_name, code) => {
    const answer = await signInWithCode(server, { code, digits: "0000" });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ error: { code: "TOKEN_INVALID", field: "code" } });
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(answer.text).not.toContain(code.slice(0, 40));
  });

  test("a code works once", async () => {
    const code = await newCode(server);
    expect((await signInWithCode(server, code)).status).toBe(200);
    expect((await signInWithCode(server, code)).status).toBe(401);
  });

  test("of ten browsers with one code at the same moment, one gets in", async () => {
    await using own = await startTestServer();
    const code = await newCode(own);
    const answers = await Promise.all(Array.from({ length: 10 }, () => signInWithCode(own, code)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array<number>(9).fill(401)]);
  });

  test.each([
    ["no body", undefined, {}, 415],
    ["JSON", '{"code":"x"}', { "content-type": "application/json" }, 415],
    ["no code", "other=1", FORM, 400],
    ["an empty code", "code=", FORM, 400],
    ["two codes", "code=a&code=b", FORM, 400],
  ])("%s is refused", async (_name, body, headers, status) => {
    const answer = await send(server.httpUrl, {
      method: "POST",
      path: "/auth/sign-in",
      headers,
      ...(body === undefined ? {} : { body }),
    });
    expect([answer.status, answer.json]).toEqual([
      status,
      { detail: expect.any(String), error: expect.objectContaining({ code: "INVALID_REQUEST" }) },
    ]);
  });

  test("a code in the address is not looked at", async () => {
    const code = await newCode(server);
    const answer = await send(server.httpUrl, {
      method: "POST",
      path: `/auth/sign-in?code=${code.code}`,
      headers: FORM,
      body: "",
    });
    expect(answer.status).toBe(400);
    expect((await signInWithCode(server, code)).status).toBe(200);
  });

  test("signing in again ends the session that the browser had", async () => {
    const first = await openSession(server);
    const second = await signInWithCode(server, await newCode(server), {
      cookie: first,
      origin: server.httpUrl,
    });
    expect((await me(first)).status).toBe(401);
    expect((await me(cookieOf(second))).status).toBe(200);
  });

  test("after 20 wrong codes in a minute a peer waits, even with a right one", async () => {
    let shiftMs = 0;
    const clock = { nowMs: () => systemClock.nowMs() + shiftMs };
    await using own = await startTestServer({ deps: { clock } });
    const code = await newCode(own);
    const wrong = await Promise.all(
      Array.from({ length: 20 }, () => signInWithCode(own, { code: "wrong", digits: "0000" })),
    );
    expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([401]));
    const limited = await signInWithCode(own, code);
    expect([limited.status, limited.json]).toEqual([
      429,
      { detail: expect.any(String), error: expect.objectContaining({ code: "RATE_LIMITED" }) },
    ]);
    expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
    expect(Number(limited.headers["retry-after"])).toBeLessThanOrEqual(60);
    shiftMs = 60_000;
    expect((await signInWithCode(own, code)).status).toBe(200);
  });

  test("right codes do not use up the limit", async () => {
    await using own = await startTestServer();
    for (let count = 0; count < 25; count++) {
      expect((await signInWithCode(own, await newCode(own))).status).toBe(200);
    }
  });

  test("a code that is ten minutes old is worth nothing", async () => {
    let shiftMs = 0;
    const clock = { nowMs: () => systemClock.nowMs() + shiftMs };
    await using own = await startTestServer({ deps: { clock } });
    const code = await newCode(own);
    shiftMs = 600_001;
    expect((await signInWithCode(own, code)).status).toBe(401);
  });
});

describe("POST /auth/session", () => {
  test("a token gives a session that lives as long as the token", async () => {
    let shiftMs = 0;
    const clock = { nowMs: () => systemClock.nowMs() + shiftMs };
    await using own = await startTestServer({ deps: { clock } });
    const answer = await send(own.httpUrl, {
      method: "POST",
      path: "/auth/session",
      headers: { authorization: `Bearer ${own.accessToken}`, origin: own.httpUrl },
    });
    expect(answer.status).toBe(200);
    const claims = Buffer.from(own.accessToken.split(".")[1] ?? "", "base64url").toString();
    const { exp } = JSON.parse(claims) as { readonly exp: number };
    expect(answer.json).toMatchObject({ local: true, expires_at: exp * 1000 });
    const maxAge = Number(/Max-Age=(\d+)/.exec(answer.headers["set-cookie"]?.[0] ?? "")?.[1]);
    expect(maxAge).toBeGreaterThan(890);
    expect(maxAge).toBeLessThanOrEqual(900);
    const cookie = cookieOf(answer);
    const look = () => send(own.httpUrl, { path: "/auth/me", headers: { cookie } });
    expect((await look()).status).toBe(200);
    shiftMs = 901_000;
    expect((await look()).json).toMatchObject({ error: { code: "TOKEN_EXPIRED" } });
  });

  test.each([
    ["nothing", {}, "TOKEN_MISSING"],
    ["a forged token", { authorization: "Bearer nonsense" }, "TOKEN_INVALID"],
  ])("%s gives none", async (_name, headers, code) => {
    const answer = await send(server.httpUrl, { method: "POST", path: "/auth/session", headers });
    expect([answer.status, answer.json]).toEqual([
      401,
      { detail: expect.any(String), error: expect.objectContaining({ code }) },
    ]);
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test("a session gives no longer session", async () => {
    const answer = await send(server.httpUrl, {
      method: "POST",
      path: "/auth/session",
      headers: { cookie: await openSession(server), origin: server.httpUrl },
    });
    expect([answer.status, answer.json]).toMatchObject([401, { error: { code: "TOKEN_MISSING" } }]);
  });
});

describe("GET /auth/me", () => {
  test("says who is signed in, to a cookie and to a token", async () => {
    const byCookie = await me(await openSession(server));
    expect(byCookie.json).toEqual({
      id: expect.any(String),
      login: "local",
      display_name: "This computer",
      about: null,
      email: null,
      role: "user",
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      account_id: expect.any(String),
      account_name: "This computer",
      local: true,
      expires_at: expect.any(Number),
      second_factor: false,
      recovery_codes_left: 0,
    });
    const byToken = await send(server.httpUrl, { path: "/auth/me", headers: bearer() });
    expect(byToken.json).toMatchObject({ login: "local", expires_at: expect.any(Number) });
  });

  test("a token wins over a cookie, be it a wrong one", async () => {
    const cookie = await openSession(server);
    const { json } = await me(cookie, { authorization: "Bearer nonsense" });
    expect(json).toMatchObject({ error: { code: "TOKEN_INVALID" } });
    const answer = await me("session_token=nonsense", bearer());
    expect(answer.status).toBe(200);
  });

  test.each([
    ["", "TOKEN_MISSING"],
    ["session_token=", "TOKEN_MISSING"],
    ["session_token=nonsense", "TOKEN_EXPIRED"],
    [`session_token=${"A".repeat(43)}`, "TOKEN_EXPIRED"],
  ])("the cookie %j is 401 %s", async (cookie, code) => {
    const answer = await me(cookie);
    expect([answer.status, answer.json]).toMatchObject([401, { error: { code } }]);
  });

  test("a cookie that somebody planted beside ours makes neither count", async () => {
    const cookie = await openSession(server);
    expect((await me(`session_token=${"A".repeat(43)}; ${cookie}`)).status).toBe(401);
  });
});

describe("POST /auth/logout", () => {
  test("ends the session here and in the browser", async () => {
    const cookie = await openSession(server);
    const answer = await send(server.httpUrl, {
      method: "POST",
      path: "/auth/logout",
      headers: { cookie, origin: server.httpUrl },
    });
    expect([answer.status, answer.json]).toEqual([200, { message: "Logged out successfully" }]);
    expect(answer.headers["set-cookie"]).toEqual([
      here("session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"),
    ]);
    expect((await me(cookie)).status).toBe(401);
  });

  test("is the same without a session", async () => {
    for (const headers of [{}, { cookie: here("session_token=gone"), origin: server.httpUrl }]) {
      expect((await send(server.httpUrl, { method: "POST", path: "/auth/logout", headers })).status).toBe(
        200,
      );
    }
  });
});

describe("POST /auth/sign-in-codes", () => {
  test("gives a code, its end, and the address with the code in the fragment", async () => {
    const answer = await send(server.httpUrl, {
      method: "POST",
      path: "/auth/sign-in-codes",
      headers: bearer(),
    });
    const { code } = answer.json as { code: string };
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      code: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      digits: expect.stringMatching(/^\d{4}$/),
      expires_at: expect.any(Number),
      url: `${server.httpUrl}/#sign-in=${code}`,
    });
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("names the public address when there is one", async () => {
    await using proxied = await startTestServer({ config: { publicUrl: "https://pipit.example" } });
    expect((await proxied.server.makeSignInAddress()).url).toMatch(/^https:\/\/pipit\.example\/#sign-in=/);
  });

  test("not for a page's cookie", async () => {
    const answer = await send(server.httpUrl, {
      method: "POST",
      path: "/auth/sign-in-codes",
      headers: { cookie: await openSession(server), origin: server.httpUrl },
    });
    expect(answer.status).toBe(401);
  });
});

test.each([
  ["GET", "/auth/sign-in", "POST"],
  ["GET", "/auth/session", "POST"],
  ["DELETE", "/auth/logout", "POST"],
  ["PUT", "/auth/sign-in-codes", "POST"],
  ["POST", "/auth/me", "GET"],
])("%s %s is 405 and names the method", async (method, path, allow) => {
  const answer = await send(server.httpUrl, { method, path });
  expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
});

test("sessions and codes survive a restart, and neither stands in any file or log line", async () => {
  const home = await mkdtemp(join(tmpdir(), "pipit-web-"));
  const lines: string[] = [];
  const logger = createLogger({ level: "debug", destination: { write: (line) => lines.push(line) } });
  try {
    const secrets: string[] = [];
    let cookie: string;
    let code: SentCode;
    {
      await using first = await startTestServer({ home, deps: { logger } });
      const used = await newCode(first);
      cookie = cookieOf(await signInWithCode(first, used));
      code = await newCode(first);
      const printed = (await first.server.makeSignInAddress()).url.split("=")[1] ?? "";
      await signInWithCode(first, used);
      await signInWithCode(first, { code: "A wrong code that must not be repeated", digits: "0000" });
      await send(first.httpUrl, { path: `/nothing?code=${code.code}`, headers: { cookie } });
      secrets.push(used.code, code.code, printed, cookie.split("=")[1] ?? "", first.accessToken);
      await expectNowhere(home, secrets);
    }
    await using second = await startTestServer({ home, deps: { logger } });
    // At another port the cookie has another name.
    const moved = cookie.replace(/_\d+=/u, `_${new URL(second.httpUrl).port}=`);
    expect((await send(second.httpUrl, { path: "/auth/me", headers: { cookie: moved } })).status).toBe(200);
    expect((await signInWithCode(second, code)).status).toBe(200);
    await expectNowhere(home, secrets);
    const log = lines.join("");
    expect(log).toContain("auth.signed_in");
    expect(log).toContain("auth.sign_in_refused");
    expect(log).not.toContain("A wrong code");
    for (const secret of secrets) expect(log).not.toContain(secret);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

async function expectNowhere(folder: string, secrets: readonly string[]): Promise<void> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), "latin1")),
  );
  expect(contents.length).toBeGreaterThan(2);
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(40);
    expect(contents.some((content) => content.includes(secret))).toBe(false);
  }
}
