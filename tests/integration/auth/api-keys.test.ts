import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { bearer, openAuthStage, type Answer, type AuthStage } from "#tests/testing/auth/auth-stage.ts";

const DAY_MS = 86_400_000;

describe.each(databases)("API keys on $name", ({ name }) => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "ann", login: "Ann" });
    await stage.addAccount({ id: "eve", login: "Eve" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  async function ask(method: string, path: string, token: string, body?: object): Promise<Answer> {
    const response = await fetch(stage.url + path, {
      method,
      headers: { ...bearer(token), ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, text, body: text === "" ? {} : (JSON.parse(text) as Answer["body"]) };
  }

  async function makeKey(
    token: string,
    wanted: object,
  ): Promise<{ readonly id: string; readonly key: string }> {
    const made = await ask("POST", "/v1/api-keys", token, wanted);
    expect(made.status).toBe(201);
    return { id: String(made.body["id"]), key: String(made.body["key"]) };
  }

  test("one opens what its scope says, is told once and kept as a hash, and never touches the account", async () => {
    const { accessToken } = await stage.signIn("Ann");
    const made = await ask("POST", "/v1/api-keys", accessToken, { name: " My script ", scope: "api:read" });
    expect(made.body).toEqual({
      id: expect.any(String),
      name: "My script",
      scope: "api:read",
      created_at: expect.any(String),
      expires_at: expect.any(String),
      last_used: null,
      key: expect.stringMatching(/^pipit_[\w-]{43}$/),
    });
    const key = String(made.body["key"]);

    expect((await ask("GET", "/v1/chats", key)).status).toBe(200);
    expect((await ask("POST", "/v1/chats", key, {})).body).toMatchObject({ error: { field: "scope" } });
    for (const [method, path] of [
      ["GET", "/v1/api-keys"],
      ["POST", "/v1/api-keys"],
      ["GET", "/auth/export"],
      ["GET", "/auth/browsers"],
      ["GET", "/oauth/sessions"],
      ["PUT", "/auth/password"],
      ["PUT", "/auth/profile"],
      ["POST", "/api/v1/ws-token/"],
    ] as const) {
      const refused = await ask(method, path, key, method === "GET" ? undefined : {});
      expect([path, refused.status]).toEqual([path, 403]);
      expect(refused.text).toContain("An API key cannot do this");
    }

    const listed = await ask("GET", "/v1/api-keys", accessToken);
    const { key: _told, ...shown } = made.body;
    expect(listed.body["data"]).toEqual([{ ...shown, last_used: expect.any(String) }]);
    expect(JSON.stringify(await stage.query("select * from api_keys"))).not.toContain(key.slice(6));
  });

  test("one has no more scope than its maker, ends with its time, its account, and at once when it is revoked", async () => {
    const { accessToken } = await stage.signIn("Ann", { scope: "api:write" });
    expect(
      (await ask("POST", "/v1/api-keys", accessToken, { name: "x", scope: "api:read" })).body,
    ).toMatchObject({
      error: { code: "INVALID_REQUEST", field: "scope" },
    });
    for (const wrong of [{}, { name: "" }, { name: "x".repeat(101) }, { name: "x", expires_in_days: 367 }]) {
      expect((await ask("POST", "/v1/api-keys", accessToken, wrong)).status).toBe(400);
    }
    const full = await stage.signIn("Ann");
    const [revoked, old] = [
      await makeKey(full.accessToken, { name: "revoked" }),
      await makeKey(full.accessToken, { name: "old", expires_in_days: 1 }),
    ];
    expect((await ask("GET", "/v1/chats", revoked.key)).status).toBe(200);
    const eve = await stage.signIn("Eve");
    expect((await ask("DELETE", `/v1/api-keys/${revoked.id}`, eve.accessToken)).status).toBe(404);
    expect((await ask("DELETE", `/v1/api-keys/${revoked.id}`, full.accessToken)).status).toBe(204);
    expect((await ask("DELETE", `/v1/api-keys/${revoked.id}`, full.accessToken)).status).toBe(404);
    const refused = await ask("GET", "/v1/chats", revoked.key);
    expect([refused.status, refused.body]).toMatchObject([401, { error: { code: "TOKEN_INVALID" } }]);
    const audited = await stage.query(
      "select event, user_id, outcome, data from audit_events where event like 'api_key%' order by at_ms",
    );
    // The name is a text of the person, which the audit would keep when the account is erased.
    const data = JSON.stringify({ keyId: revoked.id });
    expect(audited).toContainEqual({ event: "api_key.revoked", user_id: "ann", outcome: "success", data });
    expect(JSON.stringify(audited)).not.toContain("name");

    stage.advance(DAY_MS + 1);
    expect((await ask("GET", "/v1/chats", old.key)).body).toMatchObject({ error: { code: "TOKEN_EXPIRED" } });
    const eves = await makeKey((await stage.signIn("Eve")).accessToken, { name: "eve's" });
    await stage.store.auth.accounts.update("eve", { active: false }, Date.now());
    expect((await ask("GET", "/v1/chats", eves.key)).status).toBe(401);
  });

  test("an account has at most 50, of which those that have expired make room", async () => {
    await stage.addAccount({ id: "max", login: "Max" });
    const { accessToken } = await stage.signIn("Max");
    for (let n = 0; n < 49; n += 1) {
      await stage.store.auth.apiKeys.add({
        id: `max-${n}`,
        userId: "max",
        name: "filled",
        hash: `hash-${n}`,
        scope: "api:read",
        createdAtMs: 0,
        expiresAtMs: stage.judgedAtMs() + DAY_MS,
        lastUsedAtMs: undefined,
      });
    }
    await makeKey(accessToken, { name: "the last", expires_in_days: 1 });
    expect((await ask("POST", "/v1/api-keys", accessToken, { name: "x" })).text).toContain("50 API keys");
    stage.advance(2 * DAY_MS);
    await makeKey((await stage.signIn("Max")).accessToken, { name: "fits" });
  });

  test("the watch of a stream learns that its key was revoked", async () => {
    const { accessToken } = await stage.signIn("Ann");
    const { id } = await makeKey(accessToken, { name: "streams" });
    const caller = {
      sid: undefined,
      userId: "ann",
      clientId: "api-key",
      jti: undefined,
      webSessionId: undefined,
    };
    const state = async () => (await stage.store.auth.tokenStates.find([{ ...caller, apiKeyId: id }]))[0];
    expect(await state()).toMatchObject({ session: "live", accountActive: true, clientActive: true });
    await ask("DELETE", `/v1/api-keys/${id}`, accessToken);
    expect(await state()).toMatchObject({ session: "unknown" });
  });
});
