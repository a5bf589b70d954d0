import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Auth } from "#proto/auth_pb.ts";
import { Otp } from "#proto/otp_pb.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { databasesBySize } from "#server/testing/databases.ts";
import { bearer, openAuthStage, PASSWORD, type AuthStage } from "#tests/testing/auth/auth-stage.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { authorizationRequest } from "#tests/testing/auth/oidc-stage.ts";
import { redeem } from "#tests/testing/auth/statements-flows.ts";

const REDIRECT = "http://127.0.0.1:54321/callback";
const JSON_BODY = { "content-type": "application/json" };

describe.each(databasesBySize)("a token that may do little, on $name,", ({ name }) => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    for (const id of ["ann", "bob", "eve", "kim", "lee", "joe"])
      await stage.addAccount({ id: `${id}-id`, login: id });
    await stage.addClient({
      clientId: "notes-app",
      name: "Notes",
      redirectUris: [REDIRECT],
      grantTypes: ["authorization_code", "refresh_token"],
      scope: "openid api:read api:write",
    });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  /** Of a third-party program, with the user's consent. */
  const ofNotes = async (login: string, scope: string): Promise<string> => {
    const browser = createFormBrowser(stage.url);
    const request = authorizationRequest({ client_id: "notes-app", redirect_uri: REDIRECT, scope });
    const page = await browser.open(request.url);
    const consent = await browser.send(page, { login, password: PASSWORD });
    const left = browser.leftTo(await browser.send(consent, {}, ["decision", "allow"]));
    const { status, body } = await redeem(stage, {
      code: left.searchParams.get("code") ?? "",
      verifier: request.verifier,
      redirectUri: REDIRECT,
      clientId: "notes-app",
      left,
    });
    expect(status).toBe(200);
    return String(body["access_token"]);
  };
  const cookieFrom = async (accessToken: string): Promise<string> => {
    const answer = await stage.post("/auth/session", "", bearer(accessToken));
    return answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  };
  const openPage = (path: string, cookie: string): Promise<Response> =>
    fetch(new URL(path, stage.url), { headers: { cookie }, redirect: "manual" });

  test("for openid alone reads no chats, asks nothing and begins no second factor", async () => {
    const { accessToken } = await stage.signIn("ann", { scope: "openid" });
    for (const path of ["/v1/chats", "/v1/chats/search?q=x", "/v1/models", "/auth/me"]) {
      const { status, body } = await stage.get(path, bearer(accessToken));
      expect([path, status, body]).toMatchObject([path, 403, { error: { code: "NOT_ALLOWED" } }]);
    }
    const transport = createGrpcTransport({ baseUrl: `http://${stage.server.grpcUrl}` });
    const headers = bearer(accessToken);
    const refusal = { code: Code.PermissionDenied };
    await expect(createClient(Otp, transport).initOtp({ login: "ann" }, { headers })).rejects.toMatchObject(
      refusal,
    );
    await expect(
      createClient(StreamingService, transport).interruptSession({ hardwareId: "x" }, { headers }),
    ).rejects.toSatisfy((reason) => ConnectError.from(reason).code === Code.PermissionDenied);
  });

  test.each([
    ["becomes no wider", "bob", { scope: "openid" }],
    ["lives no longer", "bob", {}],
  ])("%s by the way of a cookie and the sign-in pages", async (_what, login, asked) => {
    const { accessToken } = await stage.signIn(login, asked);
    const cookie = await cookieFrom(accessToken);
    expect(cookie).toMatch(/^session_token_\d+=/);
    const begun = await openPage(authorizationRequest().url, cookie);
    const location = begun.headers.get("location") ?? "";
    expect(location).toMatch(/^\/oauth\/interaction\//);
    const steps = begun.headers.getSetCookie().map((line) => line.split(";")[0]);
    const page = await openPage(location, [cookie, ...steps].join("; "));
    expect(await page.text()).toContain('name="password"');
  });

  test("that is traded for a cookie is in the audit, as every sign-in of a browser", async () => {
    const { accessToken } = await stage.signIn("bob");
    await cookieFrom(accessToken);
    const rows = await stage.query(
      "select data from audit_events where event = 'session.started' and user_id = $1 order by at_ms, id",
      "bob-id",
    );
    expect(JSON.parse(String(rows.at(-1)?.["data"]))).toEqual({
      grant: "token",
      scope: "api:read api:write",
    });
  });

  test("that is traded for a cookie takes it along when its session is revoked", async () => {
    const { accessToken } = await stage.signIn("lee");
    const other = await stage.signIn("lee");
    const [cookie, otherCookie] = [await cookieFrom(accessToken), await cookieFrom(other.accessToken)];
    expect((await openPage("/auth/me", cookie)).status).toBe(200);
    const path = `/oauth/sessions/${String(decodeJwt(accessToken)["sid"])}`;
    expect((await stage.get(path, bearer(other.accessToken), "DELETE")).status).toBe(200);
    expect((await openPage("/auth/me", cookie)).status).toBe(401);
    expect((await openPage("/auth/me", otherCookie)).status).toBe(200);
  });

  test("is what gRPC Login gives, when the terminal client may do no more or sign nobody in", async () => {
    const transport = createGrpcTransport({ baseUrl: `http://${stage.server.grpcUrl}` });
    const login = () => createClient(Auth, transport).login({ login: "joe", password: PASSWORD });
    const { clients } = stage.store.auth;
    const client = await clients.find("pipit-cli");
    if (client === undefined) throw new Error("the terminal client is not seeded");
    // Another process changes it, which the server sees within a second.
    const change = async (given: Partial<typeof client>): Promise<void> => {
      await clients.update({ ...client, ...given });
      stage.advance(1_000);
    };
    try {
      await change({ scope: "openid api:read" });
      const { token } = await login();
      expect(decodeJwt(token)["scope"]).toBe("api:read");
      for (const off of [
        { active: false },
        { allowPasswordGrant: false, grantTypes: client.grantTypes.filter((grant) => grant !== "password") },
      ]) {
        await change(off);
        expect(await login()).toMatchObject({
          success: false,
          token: "",
          error: "Signing in by this service is switched off.",
        });
      }
    } finally {
      await change({});
    }
    expect(decodeJwt((await login()).token)["scope"]).toBe("api:read api:write");
  });

  test("of somebody else's program signs no browser in", async () => {
    const token = await ofNotes("eve", "openid api:read api:write");
    const answer = await stage.post("/auth/session", "", bearer(token));
    expect([answer.status, answer.body]).toMatchObject([403, { error: { code: "NOT_ALLOWED" } }]);
  });

  test("of somebody else's program changes nothing about how the person signs in", async () => {
    const token = await ofNotes("kim", "openid api:read api:write");
    const begin = await fetch(`${stage.url}/auth/otp/init`, {
      method: "POST",
      headers: { ...JSON_BODY, ...bearer(token) },
      body: JSON.stringify({ password: PASSWORD }),
    });
    expect(begin.status).toBe(403);
    const transport = createGrpcTransport({ baseUrl: `http://${stage.server.grpcUrl}` });
    const { secret } = await createClient(Otp, transport).initOtp(
      { login: "kim" },
      { headers: bearer(token) },
    );
    expect(secret).toBe("");
    // Our own program still may.
    const { accessToken } = await stage.signIn("kim");
    const own = await fetch(`${stage.url}/auth/otp/init`, {
      method: "POST",
      headers: { ...JSON_BODY, ...bearer(accessToken) },
      body: JSON.stringify({ password: PASSWORD }),
    });
    expect(own.status).toBe(200);
  });
});
