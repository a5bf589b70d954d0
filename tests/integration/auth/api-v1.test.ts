import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import {
  bearer,
  INTERNAL_KEY,
  openAuthStage,
  PASSWORD,
  type Answer,
  type AuthStage,
} from "#tests/testing/auth/auth-stage.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

const TOKEN = "/api/v1/token/";
const REFRESH = "/api/v1/token/refresh/";
const WS_TOKEN = "/api/v1/ws-token/";
const wrongPassword = { detail: "No active account found with the given credentials" };
const notValid = { detail: "Token is invalid or expired", code: "token_not_valid" };

describe.each(databasesBySize)("the developer-style API on $name", ({ name }) => {
  let stage: AuthStage;
  beforeEach(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "alice", email: "alice@example.com" });
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  const postJson = (
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> =>
    stage.post(path, JSON.stringify(body), { "content-type": "application/json", ...headers });
  const signIn = (change: object = {}): Promise<Answer> =>
    postJson(TOKEN, { username: "alice", password: PASSWORD, ...change });

  describe("POST /api/v1/token/", () => {
    test.each(["alice", "ALICE", "alice@example.com"])(
      "gives both tokens and their lifetimes to %s",
      async (username) => {
        const { status, headers, body } = await signIn({ username });
        expect(status).toBe(200);
        expect(body).toEqual({
          access: expect.any(String),
          refresh: expect.any(String),
          access_lifetime: 900,
          refresh_lifetime: 30 * 24 * 60 * 60,
        });
        expect(headers.get("cache-control")).toBe("no-store");
        expect(headers.get("x-ratelimit-remaining")).toMatch(/^\d+$/);
        expect(decodeJwt(String(body["access"]))).toMatchObject({
          sub: "alice",
          client_id: "pipit-cli",
          scope: "api:read api:write",
          type: "access",
          sid: expect.any(String),
        });
      },
    );

    test("gives tokens that all our APIs take, of a session like any other", async () => {
      const { body } = await signIn();
      const sessions = await stage.get("/oauth/sessions", bearer(String(body["access"])));
      expect(sessions.body).toEqual({
        sessions: [expect.objectContaining({ client_id: "pipit-cli", current: true })],
      });
      expect((await stage.refresh(String(body["refresh"]))).status).toBe(200);
    });

    test("leaves its trace in the audit", async () => {
      await signIn();
      await signIn({ password: "Wrong-horse-1" });
      const events = await stage.query("select event, outcome, data from audit_events order by id");
      const via = (event: string, outcome: string) =>
        events.filter((row) => row["event"] === event && row["outcome"] === outcome);
      expect(String(via("login", "success")[0]?.["data"])).toContain('"api-v1"');
      expect(String(via("login", "failure")[0]?.["data"])).toContain('"api-v1"');
      expect(String(via("session.started", "success").at(-1)?.["data"])).toContain('"api-v1"');
      expect(JSON.stringify(events)).not.toContain(PASSWORD);
    });

    test("says the same to a wrong password, an unknown name and an account that is off", async () => {
      await stage.addAccount({ id: "off", active: false });
      for (const given of [{ password: "Wrong-horse-1" }, { username: "nobody" }, { username: "off" }]) {
        const { status, headers, body } = await signIn(given);
        expect([status, body]).toEqual([401, wrongPassword]);
        expect(headers.get("www-authenticate")).toBe('Bearer realm="pipit"');
      }
    });

    test.each([
      ["nothing", {}, { username: ["This field is required."], password: ["This field is required."] }],
      ["no password", { username: "alice" }, { password: ["This field is required."] }],
      ["null", { username: "alice", password: null }, { password: ["This field is required."] }],
      ["a blank", { username: "", password: "x" }, { username: ["This field may not be blank."] }],
      ["a number", { username: 7, password: "x" }, { username: ["Not a valid string."] }],
      ["an object", { username: "a", password: { $ne: "" } }, { password: ["Not a valid string."] }],
      ["an empty list", { username: "a", password: [] }, { password: ["Not a valid string."] }],
      [
        "a code that is no text",
        { username: "a", password: "x", otp: 123_456 },
        { otp: ["Not a valid string."] },
      ],
      ["a list", [], { non_field_errors: ["Invalid data. Expected a dictionary."] }],
      ["a text", "alice", { non_field_errors: ["Invalid data. Expected a dictionary."] }],
      ["a name that is none", { username: "a\nb", password: "x" }, { username: [expect.any(String)] }],
      [
        "a name without end",
        { username: "a".repeat(300), password: "x" },
        { username: [expect.any(String)] },
      ],
    ])("says which field is wrong: %s", async (_name, given, errors) => {
      const { status, body } = await postJson(TOKEN, given);
      expect([status, body]).toEqual([400, errors]);
    });

    test.each([
      ["no JSON", "{", "application/json", 400],
      ["a form", "username=alice&password=x", "application/x-www-form-urlencoded", 415],
      ["something else", "<a/>", "application/xml", 415],
      ["too much", JSON.stringify({ username: "a".repeat(100_000) }), "application/json", 413],
    ])("refuses a body that is %s, in words and without repeating it", async (_name, text, type, status) => {
      const answer = await stage.post(TOKEN, text, { "content-type": type });
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({ detail: expect.any(String) });
      expect(answer.text).not.toContain("alice");
    });

    test("is there with its slash only, and by POST only", async () => {
      const bare = await postJson("/api/v1/token", { username: "alice", password: PASSWORD });
      expect([bare.status, bare.body]).toEqual([404, { detail: expect.any(String) }]);
      const get = await stage.get(TOKEN);
      expect([get.status, get.headers.get("allow"), get.body]).toEqual([
        405,
        "POST",
        { detail: expect.any(String) },
      ]);
    });

    test("asks for the code of the second factor, takes it once, and skips it for nobody", async () => {
      const otp = await stage.addSecondFactor("alice");
      const without = await signIn();
      expect([without.status, without.body["code"]]).toEqual([401, "otp_required"]);
      expect((await signIn({ otp: "" })).body["code"]).toBe("otp_required");
      const wrong = await signIn({ otp: otp === "000000" ? "000001" : "000000" });
      expect([wrong.status, wrong.body["code"]]).toEqual([401, "otp_invalid"]);
      expect((await signIn({ otp })).status).toBe(200);
      const again = await signIn({ otp });
      expect([again.status, again.body["code"]]).toEqual([401, "otp_invalid"]);
    });

    test("is limited like every way to try a password", async () => {
      const tries: Answer[] = [];
      for (let count = 0; count < 6; count++) tries.push(await signIn({ password: "Wrong-horse-1" }));
      expect(tries.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
      const limited = await signIn();
      const seconds = limited.headers.get("retry-after");
      expect(limited.status).toBe(429);
      expect(Number(seconds)).toBeGreaterThan(0);
      expect(String(limited.body["detail"])).toContain(`${seconds} seconds`);
      expect(limited.headers.get("x-ratelimit-remaining")).toBe("0");
      const oauth = await stage.post("/oauth/token", {
        grant_type: "password",
        client_id: "pipit-cli",
        username: "alice",
        password: PASSWORD,
      });
      expect(oauth.status).toBe(429);
    });

    test("is off when the operator switched off its client, or passwords for it", async () => {
      const refresh = String((await signIn()).body["refresh"]);
      await stage.clients.update(
        "pipit-cli",
        { allowPasswordGrant: false, grantTypes: ["refresh_token"] },
        systemOrigin,
      );
      stage.advance(2_000);
      const { status, body } = await signIn();
      expect([status, body]).toEqual([403, { detail: expect.any(String) }]);
      expect((await postJson(REFRESH, { refresh })).status).toBe(200);
      await stage.clients.disable("pipit-cli", systemOrigin);
      stage.advance(2_000);
      expect((await postJson(REFRESH, { refresh })).status).toBe(403);
    });
  });

  describe("POST /api/v1/token/refresh/", () => {
    test("always gives both tokens, and takes the old one once", async () => {
      const first = (await signIn()).body;
      const second = await postJson(REFRESH, { refresh: first["refresh"] });
      expect(second.status).toBe(200);
      expect(second.body).toEqual({
        access: expect.any(String),
        refresh: expect.any(String),
        access_lifetime: 900,
        refresh_lifetime: 30 * 24 * 60 * 60,
      });
      expect(second.body["refresh"]).not.toBe(first["refresh"]);
      expect((await postJson(REFRESH, { refresh: second.body["refresh"] })).status).toBe(200);
      const reused = await postJson(REFRESH, { refresh: first["refresh"] });
      expect([reused.status, reused.body]).toEqual([401, notValid]);
    });

    test.each([
      ["made up", () => "nonsense"],
      ["an access token", (tokens: Answer["body"]) => tokens["access"]],
    ])("refuses one that is %s", async (_name, pick) => {
      const { body } = await signIn();
      const { status, body: answer } = await postJson(REFRESH, { refresh: pick(body) });
      expect([status, answer]).toEqual([401, notValid]);
    });

    test("refuses one that has expired, and one whose session has ended", async () => {
      const { body } = await signIn();
      const other = (await signIn()).body;
      await stage.post("/auth/logout", "", bearer(String(other["access"])));
      const ended = await postJson(REFRESH, { refresh: other["refresh"] });
      expect([ended.status, ended.body]).toEqual([401, notValid]);
      stage.advance(31 * 24 * 60 * 60 * 1000);
      const expired = await postJson(REFRESH, { refresh: body["refresh"] });
      expect([expired.status, expired.body]).toEqual([401, notValid]);
    });

    test("refuses one of another client", async () => {
      const { refreshToken } = await stage.signIn("alice", { client_id: "pipit-desktop" });
      const { status, body } = await postJson(REFRESH, { refresh: refreshToken });
      expect([status, body]).toEqual([401, notValid]);
      expect((await stage.refresh(refreshToken, { client_id: "pipit-desktop" })).status).toBe(200);
    });

    test("says that the field is missing", async () => {
      const { status, body } = await postJson(REFRESH, {});
      expect([status, body]).toEqual([400, { refresh: ["This field is required."] }]);
    });
  });

  describe("POST /api/v1/ws-token/", () => {
    const ask = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
      stage.get(WS_TOKEN, headers, "POST");

    test("gives a token for 15 minutes to the bearer of an access token", async () => {
      const { body } = await signIn();
      const {
        status,
        body: answer,
        headers,
      } = await ask({
        ...bearer(String(body["access"])),
        "content-type": "application/json",
      });
      expect(status).toBe(200);
      expect(answer).toEqual({
        ws_token: expect.stringMatching(/^[\w-]{43}$/),
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        expires_in: 900,
      });
      expect(headers.get("cache-control")).toBe("no-store");
      const stored = await stage.query("select hash from one_time_tokens");
      expect(stored).toHaveLength(1);
      expect(JSON.stringify(stored)).not.toContain(answer["ws_token"]);
    });

    test("refuses whoever shows no access token of a person", async () => {
      const { body } = await signIn();
      const none = await ask({});
      expect([none.status, none.body]).toEqual([
        401,
        { detail: "Authentication credentials were not provided." },
      ]);
      const bad = await ask(bearer(`${String(body["access"])}x`));
      expect([bad.status, bad.body["code"]]).toEqual([401, "token_not_valid"]);
      expect((await ask(bearer(String(body["refresh"])))).status).toBe(401);
      const service = await ask({ "x-internal-auth": INTERNAL_KEY });
      expect([service.status, service.body]).toEqual([403, { detail: expect.any(String) }]);
      stage.advance(901_000);
      const expired = await ask(bearer(String(body["access"])));
      expect([expired.status, expired.body["code"]]).toEqual([401, "token_not_valid"]);
    });

    test("refuses an access token whose session has ended", async () => {
      const { body } = await signIn();
      await stage.post("/auth/logout", "", bearer(String(body["access"])));
      const { status, body: answer } = await ask(bearer(String(body["access"])));
      expect([status, answer["code"]]).toEqual([401, "token_not_valid"]);
    });

    test("refuses a token that may not read", async () => {
      const { accessToken } = await stage.signIn("alice", { scope: "openid" });
      expect((await ask(bearer(accessToken))).status).toBe(403);
    });
  });
});

describe("what others could have read on the way", () => {
  const ask = (server: TestServer, path: string, proto: string): Promise<Response> =>
    fetch(server.httpUrl + path, {
      method: "POST",
      headers: {
        ...bearer(server.accessToken),
        "x-forwarded-for": "192.0.2.1",
        "x-forwarded-proto": proto,
      },
    });

  test("is refused by all routes when a trusted proxy says so, and taken when it came by https", async () => {
    await using server = await startTestServer({ config: { trustedProxies: ["127.0.0.1"] } });
    for (const path of [TOKEN, REFRESH, WS_TOKEN]) {
      const refused = await ask(server, path, "http");
      expect(refused.status).toBe(403);
      expect(await refused.json()).toEqual({ detail: expect.stringContaining("HTTPS") });
    }
    expect((await ask(server, WS_TOKEN, "https")).status).toBe(200);
  });

  test("is refused when the word of a proxy is all there is, and nobody trusts it", async () => {
    await using server = await startTestServer();
    expect((await ask(server, WS_TOKEN, "https")).status).toBe(403);
  });
});
