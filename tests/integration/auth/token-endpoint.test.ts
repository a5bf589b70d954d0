import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import {
  basicOf,
  openAuthStage,
  PASSWORD,
  type AuthStage,
  type ConfidentialClient,
} from "#tests/testing/auth/auth-stage.ts";

const TOKEN = "/oauth/token";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

describe.each(databasesBySize)("the token endpoint on $name", ({ name }) => {
  let stage: AuthStage;
  let service: ConfidentialClient;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "alice" });
    await stage.addClient({ clientId: "other" });
    service = await stage.addConfidential({ clientId: "service" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const cc = { grant_type: "client_credentials" };

  describe("RFC 6749", () => {
    test("§5.1 [1]: token responses and refusals are never cached", async () => {
      const given = await stage.post(TOKEN, cc, service.basic);
      const refused = await stage.post(TOKEN, { grant_type: "magic", client_id: "pipit-cli" });
      expect([given.status, refused.status]).toEqual([200, 400]);
      for (const { headers } of [given, refused]) {
        expect(headers.get("cache-control")).toBe("no-store");
        expect(headers.get("pragma")).toBe("no-cache");
      }
    });

    test.each([
      ["grant_type", "grant_type=client_credentials&grant_type=client_credentials"],
      ["scope", "grant_type=client_credentials&scope=api%3Aread&scope=api%3Awrite"],
      ["one that means nothing here", "grant_type=client_credentials&x=1&x=1"],
      ["one with the same empty value", "grant_type=client_credentials&scope=&scope="],
    ])("§3.2 [2]: a repeated parameter is an invalid request: %s", async (_name, form) => {
      const { status, body } = await stage.post(TOKEN, form, service.basic);
      expect([status, body["error"]]).toEqual([400, "invalid_request"]);
    });

    test.each([
      ["missing", {}, 400, "invalid_request"],
      ["empty", { grant_type: "" }, 400, "invalid_request"],
      ["unknown", { grant_type: "magic" }, 400, "unsupported_grant_type"],
      ["not allowed for this client", cc, 400, "unauthorized_client"],
    ])("§5.2 [3]: a grant type that is %s is refused", async (_name, form, status, error) => {
      const answer = await stage.post(TOKEN, { client_id: "other", ...form });
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({ error, error_description: expect.any(String) });
    });

    test.each([
      ["a wrong secret", () => basicOf("service", "wrong")],
      ["an unknown client", () => basicOf("nobody", "wrong")],
      ["a public client", () => basicOf("pipit-cli", "secret")],
      ["no colon", () => ({ authorization: `Basic ${Buffer.from("service").toString("base64")}` })],
      [
        "bad percent encoding",
        () => ({ authorization: `Basic ${Buffer.from("service:%zz").toString("base64")}` }),
      ],
      ["another scheme", () => ({ authorization: "Bearer abc" })],
      ["no base64", () => ({ authorization: "Basic *" })],
    ])(
      "§5.2 [4]: a client that fails by Basic is answered with 401 and the scheme: %s",
      async (_name, headers) => {
        const answer = await stage.post(TOKEN, cc, headers());
        expect(answer.status).toBe(401);
        expect(answer.body).toEqual({ error: "invalid_client", error_description: expect.any(String) });
        expect(answer.headers.get("www-authenticate")).toMatch(/^Basic realm=/);
      },
    );

    test.each([
      ["a wrong secret in the form", { client_id: "service", client_secret: "wrong" }],
      ["no secret from a client that has one", { client_id: "service" }],
      ["a secret from a client that has none", { client_id: "pipit-cli", client_secret: "x" }],
      ["no client", {}],
      ["an id that is none", { client_id: "ж\u0001" }],
      ["an endless id", { client_id: "x".repeat(1_000) }],
    ])("§5.2: %s is an invalid client", async (_name, fields) => {
      const { status, body } = await stage.post(TOKEN, { ...cc, ...fields });
      expect([status, body["error"]]).toEqual([401, "invalid_client"]);
    });

    test("§2.3: two proofs at once are an invalid request, and so are two clients", async () => {
      const two = await stage.post(TOKEN, { ...cc, client_secret: service.secret }, service.basic);
      expect([two.status, two.body["error"]]).toEqual([400, "invalid_request"]);
      const other = await stage.post(TOKEN, { ...cc, client_id: "other" }, service.basic);
      expect([other.status, other.body["error"]]).toEqual([400, "invalid_request"]);
      const same = await stage.post(TOKEN, { ...cc, client_id: "service" }, service.basic);
      expect(same.status).toBe(200);
    });

    test("§2.3.1: both halves of Basic are form-encoded", async () => {
      const odd = await stage.addConfidential({ clientId: "odd.client" });
      expect((await stage.post(TOKEN, cc, basicOf("odd.client", odd.secret))).status).toBe(200);
      const encoded = `odd%2Eclient:${odd.secret.replaceAll("-", "%2D").replaceAll("_", "%5f")}`;
      const headers = { authorization: `basic ${Buffer.from(encoded).toString("base64")}` };
      expect((await stage.post(TOKEN, cc, headers)).status).toBe(200);
    });

    test("§2.3.1: the secret may come in the form", async () => {
      const fields = { ...cc, client_id: "service", client_secret: service.secret };
      expect((await stage.post(TOKEN, fields)).status).toBe(200);
    });

    test("§3.2 [7]: only forms are taken, and never a parameter in the address", async () => {
      const json = await stage.post(TOKEN, JSON.stringify(cc), {
        "content-type": "application/json",
        ...service.basic,
      });
      expect([json.status, json.body["error"]]).toEqual([415, "invalid_request"]);
      const multipart = await stage.post(TOKEN, "--x--", {
        "content-type": "multipart/form-data; boundary=x",
      });
      expect([multipart.status, multipart.body["error"]]).toEqual([415, "invalid_request"]);
      const inAddress = await stage.post(`${TOKEN}?client_secret=${service.secret}`, {
        ...cc,
        client_id: "service",
      });
      expect([inAddress.status, inAddress.body["error"]]).toEqual([400, "invalid_request"]);
      const get = await stage.get(TOKEN);
      expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    });

    test("§10.10 [8]: refresh tokens have 256 bits of chance", async () => {
      const tokens = [await stage.signIn("alice"), await stage.signIn("alice")].map(
        (one) => one.refreshToken,
      );
      expect(new Set(tokens).size).toBe(2);
      for (const token of tokens) expect(Buffer.from(token.replace("prt_", ""), "base64url").length).toBe(32);
    });

    test("a body beyond 64 KB and a NUL are refused as invalid requests", async () => {
      const large = await stage.post(TOKEN, `${new URLSearchParams(cc)}&x=${"x".repeat(65_536)}`, FORM);
      expect([large.status, large.body["error"]]).toEqual([413, "invalid_request"]);
      const nul = await stage.post(TOKEN, { ...cc, scope: "api:read\0" }, service.basic);
      expect([nul.status, nul.body["error"]]).toEqual([400, "invalid_request"]);
    });
  });

  describe("client credentials", () => {
    test("RFC 6749 §4.4.3: give an access token for all the client may do, and no refresh token", async () => {
      const { body } = await stage.post(TOKEN, cc, service.basic);
      expect(body).toEqual({
        access_token: expect.any(String),
        token_type: "bearer",
        expires_in: 900,
        scope: "api:read api:write",
      });
    });

    test("RFC 9068 §2.2 [25]: speak for the client itself", async () => {
      const { body } = await stage.post(TOKEN, { ...cc, scope: "api:read" }, service.basic);
      const claims = decodeJwt(String(body["access_token"]));
      expect(claims).toMatchObject({ sub: "service", client_id: "service", scope: "api:read" });
      expect(claims).not.toHaveProperty("sid");
    });

    test.each(["api:admin", "api:read api:admin", "magic", "openid", " "])(
      "RFC 6749 §3.3: scope %j is more than the client may ask for",
      async (scope) => {
        const { status, body } = await stage.post(TOKEN, { ...cc, scope }, service.basic);
        expect([status, body["error"]]).toEqual([400, "invalid_scope"]);
      },
    );

    test("a client that was switched off gets nothing", async () => {
      const off = await stage.addConfidential({ clientId: "switched-off" });
      await stage.clients.disable("switched-off", {
        ip: undefined,
        userAgent: undefined,
        correlationId: undefined,
      });
      const { status, body } = await stage.post(TOKEN, cc, off.basic);
      expect([status, body["error"]]).toEqual([401, "invalid_client"]);
    });

    test("the clients of the original service are served as it served them", async () => {
      const { accessToken } = await stage.signIn("alice", { client_id: "codelab-flutter-app" });
      expect(decodeJwt(accessToken)).toMatchObject({
        client_id: "codelab-flutter-app",
        scope: "api:read api:write",
      });
    });
  });

  test("RFC 9068 [23]: an access token is an at+jwt by RS256 with a published key and all claims", async () => {
    const { accessToken } = await stage.signIn("alice");
    const jwks = JSON.parse((await stage.get("/.well-known/jwks.json")).text) as JSONWebKeySet;
    const header = decodeProtectedHeader(accessToken);
    expect(header).toEqual({ alg: "RS256", typ: "at+jwt", kid: expect.any(String) });
    const { payload } = await jwtVerify(accessToken, createLocalJWKSet(jwks), {
      issuer: "http://127.0.0.1:8787",
      audience: "pipit",
      typ: "at+jwt",
      algorithms: ["RS256"],
    });
    expect(payload).toMatchObject({
      sub: "alice",
      client_id: "pipit-cli",
      scope: "api:read api:write",
      type: "access",
      jti: expect.any(String),
      sid: expect.any(String),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
  });

  test("a client may have its tokens signed by ES256", async () => {
    const elliptic = await stage.addConfidential({ clientId: "elliptic", tokenAlgorithm: "ES256" });
    const { body } = await stage.post(TOKEN, cc, elliptic.basic);
    const jwks = JSON.parse((await stage.get("/.well-known/jwks.json")).text) as JSONWebKeySet;
    const { protectedHeader } = await jwtVerify(String(body["access_token"]), createLocalJWKSet(jwks));
    expect(protectedHeader.alg).toBe("ES256");
  });

  test("openid brings an ID token for the client", async () => {
    const { body } = await stage.post(TOKEN, {
      grant_type: "password",
      client_id: "pipit-cli",
      username: "alice",
      password: PASSWORD,
      scope: "openid profile",
    });
    expect(body["scope"]).toBe("openid profile");
    expect(decodeProtectedHeader(String(body["id_token"]))).toMatchObject({ alg: "RS256", typ: "JWT" });
    expect(decodeJwt(String(body["id_token"]))).toMatchObject({
      aud: "pipit-cli",
      sub: "alice",
      amr: ["pwd"],
    });
  });

  test("every refusal is in the audit, with who, where and why", async () => {
    await stage.post(TOKEN, cc, { ...basicOf("service", "wrong"), "x-correlation-id": "audit-me" });
    const rows = await stage.query("select * from audit_events where correlation_id = $1", "audit-me");
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      event: "client.refused",
      outcome: "failure",
      reason: "wrong-secret",
      client_id: "service",
      ip: "127.0.0.1",
    });
  });
});
