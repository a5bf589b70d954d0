import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import { bearer, openAuthStage, type AuthStage } from "#tests/testing/auth/auth-stage.ts";

const SESSIONS = "/oauth/sessions";

describe.each(databasesBySize)("sessions on $name", ({ name }) => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    for (const id of ["alice", "bob", "carol"]) await stage.addAccount({ id });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const sidOf = (accessToken: string) => String(decodeJwt(accessToken)["sid"]);
  const end = (id: string, accessToken: string) =>
    stage.get(`${SESSIONS}/${id}`, bearer(accessToken), "DELETE");

  test("are listed to their owner, newest first, with the one that asks", async () => {
    const first = await stage.signIn("carol");
    stage.advance(1_000);
    const second = await stage.signIn("carol", { client_id: "codelab-flutter-app" });
    const { status, body } = await stage.get(SESSIONS, bearer(first.accessToken));
    expect(status).toBe(200);
    const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const common = { created_at: iso, last_used: iso, expires_at: iso, ip_address: "127.0.0.1" };
    expect(body["sessions"]).toEqual([
      {
        ...common,
        session_id: sidOf(second.accessToken),
        client_id: "codelab-flutter-app",
        user_agent: expect.any(String),
        current: false,
      },
      {
        ...common,
        session_id: sidOf(first.accessToken),
        client_id: "pipit-cli",
        user_agent: expect.any(String),
        current: true,
      },
    ]);
  });

  test("keep their id through a refresh, which is when they were last used", async () => {
    const { accessToken, refreshToken } = await stage.signIn("bob");
    stage.advance(60_000);
    const refreshedAtMs = stage.judgedAtMs();
    const { body } = await stage.refresh(refreshToken);
    const listed = await stage.get(SESSIONS, bearer(String(body["access_token"])));
    const [session] = listed.body["sessions"] as { session_id: string; last_used: string }[];
    expect(session?.session_id).toBe(sidOf(accessToken));
    expect(Date.parse(session?.last_used ?? "")).toBeGreaterThanOrEqual(refreshedAtMs);
  });

  test("end by their id, once, and their tokens with them", async () => {
    const { accessToken } = await stage.signIn("alice");
    const other = await stage.signIn("alice");
    const id = sidOf(other.accessToken);
    const first = await end(id, accessToken);
    expect([first.status, first.body]).toEqual([200, { message: `Session ${id} revoked successfully` }]);
    const again = await end(id, accessToken);
    expect([again.status, again.body]).toEqual([404, { detail: "Session not found" }]);
    expect((await stage.get(SESSIONS, bearer(other.accessToken))).status).toBe(401);
    expect((await stage.refresh(other.refreshToken)).body["error"]).toBe("invalid_grant");
    expect((await stage.get(SESSIONS, bearer(accessToken))).status).toBe(200);
  });

  test("may end themselves", async () => {
    const { accessToken } = await stage.signIn("alice");
    expect((await end(sidOf(accessToken), accessToken)).status).toBe(200);
    expect((await stage.get(SESSIONS, bearer(accessToken))).status).toBe(401);
  });

  test("of somebody else are not there, and go on", async () => {
    const alice = await stage.signIn("alice");
    const bob = await stage.signIn("bob");
    expect((await end(sidOf(bob.accessToken), alice.accessToken)).status).toBe(404);
    expect((await stage.get(SESSIONS, bearer(bob.accessToken))).status).toBe(200);
  });

  test.each(["x", "%00", "..%2f..", "00000000-0000-4000-8000-000000000000", "'%20or%201=1"])(
    "%s is no session",
    async (id) => {
      const { accessToken } = await stage.signIn("alice");
      expect((await end(id, accessToken)).status).toBe(404);
    },
  );

  test("need a person's token of the right scope", async () => {
    expect((await stage.get(SESSIONS)).status).toBe(401);
    const { refreshToken } = await stage.signIn("alice");
    expect((await stage.get(SESSIONS, bearer(refreshToken))).status).toBe(401);
    const service = await stage.addConfidential({ clientId: "service" });
    const { body } = await stage.post("/oauth/token", { grant_type: "client_credentials" }, service.basic);
    expect((await stage.get(SESSIONS, bearer(String(body["access_token"])))).status).toBe(403);
    const identity = await stage.signIn("alice", { scope: "openid" });
    expect((await stage.get(SESSIONS, bearer(identity.accessToken))).status).toBe(403);
    const reader = await stage.signIn("alice", { scope: "api:read" });
    expect((await end(sidOf(reader.accessToken), reader.accessToken)).status).toBe(403);
  });
});

describe.each(databasesBySize)("userinfo on $name", ({ name }) => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "a1", login: "Alice", displayName: "Alice A.", email: "a@example.com" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());
  const USERINFO = "/oauth/userinfo";

  test.each([
    ["openid", { sub: "a1" }],
    ["openid profile", { sub: "a1", preferred_username: "Alice", name: "Alice A.", updated_at: 0 }],
    ["openid email", { sub: "a1", email: "a@example.com", email_verified: false }],
  ])("OpenID Connect Core §5.4: scope %s tells %o", async (scope, claims) => {
    const { accessToken } = await stage.signIn("Alice", { scope });
    for (const method of ["GET", "POST"]) {
      const { status, body } = await stage.get(USERINFO, bearer(accessToken), method);
      expect([status, body]).toEqual([200, claims]);
    }
    const inForm = await stage.post(USERINFO, { access_token: accessToken });
    expect([inForm.status, inForm.body]).toEqual([200, claims]);
  });

  test("RFC 6750 §3: who sends no token learns the scheme only", async () => {
    const { status, headers } = await stage.get(USERINFO);
    expect([status, headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="pipit"']);
  });

  test("RFC 6750 §3.1: a bad token is invalid_token, one without openid has insufficient_scope", async () => {
    const bad = await stage.get(USERINFO, bearer("x"));
    expect(bad.status).toBe(401);
    expect(bad.headers.get("www-authenticate")).toContain('error="invalid_token"');
    const { accessToken } = await stage.signIn("Alice", { scope: "api:read" });
    const narrow = await stage.get(USERINFO, bearer(accessToken));
    expect([narrow.status, narrow.body["error"]]).toEqual([403, "insufficient_scope"]);
    expect(narrow.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    expect(narrow.headers.get("www-authenticate")).toContain('scope="openid"');
  });

  test("RFC 6750 §2: a token in two ways or in the address is an invalid request, another scheme is no token", async () => {
    const { accessToken } = await stage.signIn("Alice", { scope: "openid" });
    const two = await stage.post(USERINFO, { access_token: accessToken }, bearer(accessToken));
    const inAddress = await stage.get(`${USERINFO}?access_token=${accessToken}`);
    const other = await stage.get(USERINFO, { authorization: "Basic eDp5" });
    for (const { status, body } of [two, inAddress]) {
      expect([status, body["error"]]).toEqual([400, "invalid_request"]);
    }
    // RFC 6750 §3: a scheme that is not taken here is no token.
    expect([other.status, other.headers.get("www-authenticate")]).toEqual([
      401,
      expect.stringMatching(/^Bearer realm="pipit"/),
    ]);
  });

  test("a session that was ended tells nothing any more", async () => {
    const { accessToken, refreshToken } = await stage.signIn("Alice", { scope: "openid" });
    expect((await stage.get(USERINFO, bearer(accessToken))).status).toBe(200);
    await stage.post("/oauth/revoke", { client_id: "pipit-cli", token: refreshToken });
    expect((await stage.get(USERINFO, bearer(accessToken))).status).toBe(401);
  });

  test("an account that was switched off a moment ago is told so, also where its token is still believed", async () => {
    await stage.addAccount({ id: "off" });
    const { accessToken } = await stage.signIn("off", { scope: "openid api:read" });
    for (const path of ["/auth/me", USERINFO])
      expect((await stage.get(path, bearer(accessToken))).status).toBe(200);
    await stage.store.auth.accounts.update("off", { active: false }, 1);
    const own = await stage.get("/auth/me", bearer(accessToken));
    expect([own.status, own.body["error"]]).toMatchObject([401, { code: "ACCOUNT_CLOSED" }]);
    const claims = await stage.get(USERINFO, bearer(accessToken));
    expect([claims.status, claims.body]).toMatchObject([401, { error: "invalid_token" }]);
  });
});
