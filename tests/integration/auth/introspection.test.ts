import { createHmac, generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, exportSPKI, importJWK, SignJWT, type JSONWebKeySet } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import {
  basicOf,
  bearer,
  INTERNAL_KEY,
  openAuthStage,
  type AuthStage,
  type ConfidentialClient,
} from "#tests/testing/auth/auth-stage.ts";

const INTROSPECT = "/oauth/introspect";
const INACTIVE = '{"active":false}';

describe.each(databasesBySize)("RFC 7662 introspection on $name", ({ name }) => {
  let stage: AuthStage;
  let service: ConfidentialClient;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "alice", login: "Alice" });
    service = await stage.addConfidential({ clientId: "service", scope: "api:read token:introspect" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const ask = (token: string) => stage.post(INTROSPECT, { token }, service.basic);

  test("§2.2: tells a resource server what a good access token is for", async () => {
    const { accessToken } = await stage.signIn("alice", { scope: "api:read" });
    const { exp, iat, nbf, jti, sid } = decodeJwt(accessToken);
    const answer = await ask(accessToken);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.body).toEqual({
      active: true,
      scope: "api:read",
      client_id: "pipit-cli",
      token_type: "bearer",
      username: "Alice",
      sub: "alice",
      iss: "http://127.0.0.1:8787",
      aud: "pipit",
      exp,
      iat,
      nbf,
      jti,
      sid,
    });
  });

  test("S14, RFC 7662 §4: a client with a secret learns of its own tokens only", async () => {
    const other = await stage.addConfidential({ clientId: "other" });
    const { accessToken } = await stage.signIn("alice");
    expect((await stage.post(INTROSPECT, { token: accessToken }, other.basic)).text).toBe(INACTIVE);
    const own = await stage.post("/oauth/token", { grant_type: "client_credentials" }, other.basic);
    const token = String(own.body["access_token"]);
    expect((await stage.post(INTROSPECT, { token }, other.basic)).body).toMatchObject({
      active: true,
      client_id: "other",
    });
  });

  test("§2.2: tells a client about its own refresh token, and nobody else", async () => {
    const { refreshToken } = await stage.signIn("alice");
    expect((await ask(refreshToken)).text).toBe(INACTIVE);
    const internal = await stage.post(
      INTROSPECT,
      { token: refreshToken },
      { "x-internal-auth": INTERNAL_KEY },
    );
    expect(internal.body).toMatchObject({ active: true, client_id: "pipit-cli", sub: "alice" });
  });

  test.each([
    ["nobody", { token: "x" }, {}],
    ["a public client", { token: "x", client_id: "pipit-cli" }, {}],
    ["a wrong secret", { token: "x" }, basicOf("service", "wrong")],
    ["a wrong internal key", { token: "x" }, { "x-internal-auth": "wrong" }],
    ["a bearer token", { token: "x" }, bearer("x")],
  ])("§2.1 [29]: requires that the asker proves itself: %s", async (_name, form, headers) => {
    const answer = await stage.post(INTROSPECT, form, headers);
    expect([answer.status, answer.body["error"]]).toEqual([401, "invalid_client"]);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Basic/);
  });

  test("§2.2 [29]: of a token that is not good it says that, whatever the reason, and nothing else", async () => {
    const { accessToken, refreshToken } = await stage.signIn("alice");
    const ended = await stage.signIn("alice");
    await stage.post("/oauth/revoke", { client_id: "pipit-cli", token: ended.refreshToken });
    const expired = await stage.signIn("alice");
    await stage.addAccount({ id: "off" });
    const off = await stage.signIn("off");
    await stage.store.auth.accounts.update("off", { active: false }, 1);
    stage.advance(900_000);
    const tokens = {
      garbage: "x",
      likeJwt: "a.b.c",
      unknown: `prt_${"A".repeat(43)}`,
      cut: accessToken.slice(0, -4),
      longer: `${accessToken}A`,
      endless: "x".repeat(20_000),
      ended: ended.accessToken,
      endedRefresh: ended.refreshToken,
      expired: expired.accessToken,
      off: off.accessToken,
      offRefresh: off.refreshToken,
      foreignRefresh: refreshToken,
    };
    for (const [why, token] of Object.entries(tokens)) {
      const answer = await ask(token);
      expect([why, answer.status, answer.text]).toEqual([why, 200, INACTIVE]);
    }
  });

  test("a missing token is an invalid request", async () => {
    const answer = await stage.post(INTROSPECT, {}, service.basic);
    expect([answer.status, answer.body["error"]]).toEqual([400, "invalid_request"]);
  });

  describe("RFC 9068 §4 [24]: a forged or foreign token is good for nothing", () => {
    const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

    /** The claims of a good token, signed by a key that is not the server's, or not signed at all. */
    async function forgeries(): Promise<Readonly<Record<string, string>>> {
      const { accessToken } = await stage.signIn("alice");
      const claims = decodeJwt(accessToken);
      const { kid = "" } = decodeProtectedHeader(accessToken);
      const [header, payload, signature] = accessToken.split(".");
      const jwks = JSON.parse((await stage.get("/.well-known/jwks.json")).text) as JSONWebKeySet;
      const published = await importJWK(jwks.keys.find((key) => key.kid === kid) ?? {}, "RS256", {
        extractable: true,
      });
      if (published instanceof Uint8Array) throw new Error("no public key");
      const hmacInput = `${encode({ alg: "HS256", typ: "at+jwt", kid })}.${payload}`;
      const hmac = createHmac("sha256", await exportSPKI(published))
        .update(hmacInput)
        .digest("base64url");
      const idToken = await stage.post("/oauth/token", {
        grant_type: "password",
        client_id: "pipit-cli",
        username: "alice",
        password: "Correct-horse-1",
        scope: "openid",
      });
      return {
        "alg none": `${encode({ alg: "none", typ: "at+jwt", kid })}.${payload}.`,
        "alg none with a signature": `${encode({ alg: "none", typ: "at+jwt", kid })}.${payload}.${signature}`,
        "HS256 by the public key": `${hmacInput}.${hmac}`,
        "another key under our kid": await new SignJWT(claims)
          .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid })
          .sign(foreign.privateKey),
        "another key under its own kid": await new SignJWT(claims)
          .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: "foreign" })
          .sign(foreign.privateKey),
        "another payload": `${header}.${encode({ ...claims, sub: "root" })}.${signature}`,
        "another header": `${encode({ alg: "RS256", typ: "JWT", kid })}.${payload}.${signature}`,
        "no signature": `${header}.${payload}.`,
        "an ID token": String(idToken.body["id_token"]),
      };
    }

    test("neither at a resource server of ours nor at introspection", async () => {
      for (const [why, token] of Object.entries(await forgeries())) {
        expect([why, (await ask(token)).text]).toEqual([why, INACTIVE]);
        expect([why, (await stage.get("/oauth/sessions", bearer(token))).status]).toEqual([why, 401]);
        expect([why, (await stage.get("/oauth/userinfo", bearer(token))).status]).toEqual([why, 401]);
      }
    });
  });
});
