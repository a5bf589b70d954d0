import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize, sharedDatabases } from "#server/testing/databases.ts";
import {
  basicOf,
  bearer,
  openAuthStage,
  type AuthStage,
  type ConfidentialClient,
} from "#tests/testing/auth/auth-stage.ts";

const REVOKE = "/oauth/revoke";
const SESSIONS = "/oauth/sessions";

describe.each(databasesBySize)("RFC 7009 revocation on $name", ({ name }) => {
  let stage: AuthStage;
  let service: ConfidentialClient;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "alice" });
    service = await stage.addConfidential({ clientId: "service" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const revoke = (token: string, change: Readonly<Record<string, string>> = {}) =>
    stage.post(REVOKE, { client_id: "pipit-cli", token, ...change });
  const statusOf = async (accessToken: string) => (await stage.get(SESSIONS, bearer(accessToken))).status;

  test.each([
    ["an unknown refresh token", `prt_${"A".repeat(43)}`],
    ["garbage", "x"],
    ["something like a JWT", "a.b.c"],
    ["a long text", "x".repeat(10_000)],
  ])("§2.2 [26]: %s is 200, with nothing in it", async (_name, token) => {
    const answer = await revoke(token);
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("§2.1 [27]: another client's tokens are 200 and stay good", async () => {
    const { accessToken, refreshToken } = await stage.signIn("alice");
    for (const token of [refreshToken, accessToken]) {
      expect((await revoke(token, { client_id: "pipit-web" })).status).toBe(200);
      expect((await stage.post(REVOKE, { token }, service.basic)).status).toBe(200);
    }
    expect(await statusOf(accessToken)).toBe(200);
    expect((await stage.refresh(refreshToken)).status).toBe(200);
  });

  test("§2.1 [28]: a refresh token ends its session and its access tokens, at once and for good, and no other", async () => {
    const other = await stage.signIn("alice");
    const { accessToken, refreshToken } = await stage.signIn("alice");
    expect(await statusOf(accessToken)).toBe(200);
    expect((await revoke(refreshToken)).status).toBe(200);
    expect(await statusOf(accessToken)).toBe(401);
    expect((await stage.refresh(refreshToken)).body["error"]).toBe("invalid_grant");
    expect((await revoke(refreshToken)).status).toBe(200);
    expect(await statusOf(other.accessToken)).toBe(200);
    const [event] = await stage.query(
      "select reason, user_id from audit_events where event = 'session.revoked' and family_id = $1",
      String(decodeJwt(accessToken)["sid"]),
    );
    expect(event).toEqual({ reason: "revoked", user_id: "alice" });
  });

  test("§2.1 [28]: a used refresh token ends its session as well", async () => {
    const { refreshToken } = await stage.signIn("alice");
    const second = await stage.refresh(refreshToken);
    await revoke(refreshToken, { token_type_hint: "access_token" });
    expect((await stage.refresh(String(second.body["refresh_token"]))).body["error"]).toBe("invalid_grant");
  });

  test("an access token ends alone: its session goes on", async () => {
    const { accessToken, refreshToken } = await stage.signIn("alice");
    expect(await statusOf(accessToken)).toBe(200);
    expect((await revoke(accessToken)).status).toBe(200);
    expect(await statusOf(accessToken)).toBe(401);
    const next = await stage.refresh(refreshToken);
    expect(await statusOf(String(next.body["access_token"]))).toBe(200);
  });

  test("an access token stays ended for a clock that is behind, though another has forgotten it", async () => {
    const { accessToken } = await stage.signIn("alice");
    await revoke(accessToken);
    stage.advance(900_000);
    await stage.signIn("alice");
    stage.advance(-60_000);
    expect(await statusOf(accessToken)).toBe(401);
    stage.advance(-840_000);
  });

  test("an access token of a client for itself ends", async () => {
    const { body } = await stage.post("/oauth/token", { grant_type: "client_credentials" }, service.basic);
    const token = String(body["access_token"]);
    const asker = await stage.addConfidential({ clientId: "asker", scope: "api:read token:introspect" });
    const active = async () => (await stage.post("/oauth/introspect", { token }, asker.basic)).body["active"];
    expect(await active()).toBe(true);
    await stage.post(REVOKE, { token }, service.basic);
    expect(await active()).toBe(false);
  });

  test.each([
    ["no token", { client_id: "pipit-cli" }, {}, 400, "invalid_request"],
    ["no client", { token: "x" }, {}, 401, "invalid_client"],
    ["a client that does not prove itself", { client_id: "service", token: "x" }, {}, 401, "invalid_client"],
    ["a wrong secret", { token: "x" }, basicOf("service", "wrong"), 401, "invalid_client"],
  ])("§2.1: %s is refused", async (_name, form, headers, status, error) => {
    const answer = await stage.post(REVOKE, form, headers);
    expect([answer.status, answer.body["error"]]).toEqual([status, error]);
  });
});

describe.each(sharedDatabases)("RFC 7009 revocation by one of two servers on $name", ({ name }) => {
  test("§2.1 [28]: the other server refuses the access tokens of the session a second later at most", async () => {
    await using stage = await openAuthStage(name);
    await stage.addAccount({ id: "alice" });
    const second = await stage.openSecond();
    const { accessToken, refreshToken } = await stage.signIn("alice");
    const statusAtSecond = async () =>
      (await fetch(`${second.httpUrl}${SESSIONS}`, { headers: bearer(accessToken) })).status;
    expect(await statusAtSecond()).toBe(200);
    await stage.post(REVOKE, { client_id: "pipit-cli", token: refreshToken });
    stage.advance(1_000);
    expect(await statusAtSecond()).toBe(401);
  });
});
