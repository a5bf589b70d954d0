import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from "jose";
import { BOOTSTRAP_FILE, CLI_CLIENT_ID, LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import { startServer } from "#server/compose/start-server.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { signIn, startTestServer, type TestServer } from "./start-test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

type Fields = Record<string, string>;
interface Answer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
  readonly account: unknown;
  readonly error?: string;
}
async function post(
  body: Fields | string,
  headers: Fields = {},
): Promise<{ response: Response; body: Answer }> {
  const response = await fetch(`${server.httpUrl}/oauth/token`, {
    method: "POST",
    body: typeof body === "string" ? body : new URLSearchParams(body),
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
  return { response, body: (await response.json()) as Answer };
}
const secret = (): Promise<string> => readFile(join(server.dataDir, BOOTSTRAP_FILE), "utf8");
const local = async (change: Fields = {}): Promise<Fields> => ({
  grant_type: LOCAL_GRANT_TYPE,
  client_id: CLI_CLIENT_ID,
  secret: await secret(),
  ...change,
});

describe("the local grant", () => {
  test("gives tokens for the local account, once per secret, and is never cached", async () => {
    const request = await local();
    const first = await post(request);
    expect(first.response.status).toBe(200);
    expect(first.response.headers.get("cache-control")).toBe("no-store");
    expect(first.response.headers.get("pragma")).toBe("no-cache");
    expect(first.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refresh_token: expect.stringMatching(/.{27,}/),
      token_type: "bearer",
      expires_in: 900,
      refresh_expires_in: expect.closeTo(30 * 86_400, -1),
      scope: "api:read api:write",
      account: { id: expect.any(String), name: expect.any(String), local: true },
    });
    const second = await post(request);
    expect(second.response.status).toBe(400);
    expect(second.body.error).toBe("invalid_grant");
  });

  test("of eight at once with one secret, one wins", async () => {
    const request = await local();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(request)));
    expect(answers.filter(({ response }) => response.status === 200)).toHaveLength(1);
  });

  test("the secret's file is for its owner alone", async () => {
    expect((await stat(join(server.dataDir, BOOTSTRAP_FILE))).mode & 0o777).toBe(0o600);
  });

  test.each([["x-forwarded-for"], ["forwarded"], ["x-real-ip"], ["via"]])(
    "is refused behind a proxy (%s), and the secret stays good",
    async (header) => {
      const request = await local();
      const refused = await post(request, { [header]: "for=10.0.0.1" });
      expect(refused.body.error).toBe("unauthorized_client");
      expect((await post(request)).response.status).toBe(200);
    },
  );
});

describe("the access token", () => {
  test("verifies against the published keys, with the claims of docs/reference/oauth.md", async () => {
    const response = await fetch(`${server.httpUrl}/.well-known/jwks.json`);
    expect(response.headers.get("cache-control")).toContain("max-age=3600");
    const jwks = (await response.json()) as JSONWebKeySet;
    expect(Object.keys(jwks.keys[0] ?? {}).toSorted()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    expect(decodeProtectedHeader(server.accessToken)).toMatchObject({ alg: "RS256", typ: "at+jwt" });
    const { payload } = await jwtVerify(server.accessToken, createLocalJWKSet(jwks), {
      issuer: "http://127.0.0.1:8787",
      audience: "pipit",
      typ: "at+jwt",
    });
    expect(payload).toMatchObject({ client_id: CLI_CLIENT_ID, scope: "api:read api:write", type: "access" });
  });
});

describe("the refresh grant", () => {
  const refresh = (token: string, change: Fields = {}): Promise<{ response: Response; body: Answer }> =>
    post({ grant_type: "refresh_token", client_id: CLI_CLIENT_ID, refresh_token: token, ...change });

  test("rotates; the retry of a lost answer gets the same successor; later reuse ends the sign-in", async () => {
    const { body: start } = await post(await local());
    const first = await refresh(start.refresh_token);
    expect(first.response.status).toBe(200);
    expect(first.body.refresh_token).not.toBe(start.refresh_token);
    expect(first.body.account).toEqual(start.account);
    const retry = await refresh(start.refresh_token);
    expect(retry.body.refresh_token).toBe(first.body.refresh_token);
    const second = await refresh(first.body.refresh_token);
    expect(second.response.status).toBe(200);
    const reuse = await refresh(start.refresh_token);
    expect(reuse.body.error).toBe("invalid_grant");
    expect((await refresh(second.body.refresh_token)).body.error).toBe("invalid_grant");
  });

  test("is bound to its client and cannot widen its scope", async () => {
    const { body: start } = await post(await local({ scope: "api:read" }));
    expect(start.scope).toBe("api:read");
    expect((await refresh(start.refresh_token, { client_id: "pipit-desktop" })).body.error).toBe(
      "invalid_grant",
    );
    expect((await refresh(start.refresh_token, { scope: "api:write" })).body.error).toBe("invalid_scope");
    expect((await refresh(start.refresh_token)).response.status).toBe(200);
  });
});

describe("RFC 6749 errors", () => {
  test.each([
    ["no grant_type", "client_id=pipit-cli", 400, "invalid_request"],
    ["a repeated parameter", "grant_type=a&grant_type=a&client_id=pipit-cli", 400, "invalid_request"],
    ["an unknown grant", "grant_type=magic&client_id=pipit-cli", 400, "unsupported_grant_type"],
    ["no client", "grant_type=refresh_token", 401, "invalid_client"],
    ["an unknown client", "grant_type=refresh_token&client_id=evil", 401, "invalid_client"],
    ["no refresh token", "grant_type=refresh_token&client_id=pipit-cli", 400, "invalid_request"],
    [
      "a made-up refresh token",
      "grant_type=refresh_token&client_id=pipit-cli&refresh_token=x",
      400,
      "invalid_grant",
    ],
  ])("%s", async (_name, body, status, error) => {
    const answer = await post(body);
    expect(answer.response.status).toBe(status);
    expect(answer.body).toEqual({ error, error_description: expect.any(String) });
    expect(answer.response.headers.get("cache-control")).toBe("no-store");
  });

  test("Basic credentials are answered with their scheme", async () => {
    const { response, body } = await post("grant_type=refresh_token", { authorization: "Basic eDp5" });
    expect(response.status).toBe(401);
    expect(body.error).toBe("invalid_client");
    expect(response.headers.get("www-authenticate")).toMatch(/^Basic/);
  });

  test("parameters in the address, JSON bodies and other methods are refused", async () => {
    const inQuery = await fetch(`${server.httpUrl}/oauth/token?secret=x`, { method: "POST" });
    expect(inQuery.status).toBe(400);
    const json = await fetch(`${server.httpUrl}/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(json.status).toBe(415);
    expect(await json.json()).toMatchObject({ error: "invalid_request" });
    const get = await fetch(`${server.httpUrl}/oauth/token`);
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

test("a server whose local account was switched off starts, and gives nobody its tokens", async () => {
  const home = await mkdtemp(join(tmpdir(), "pipit-off-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const first = await startTestServer({ home });
  await first[Symbol.asyncDispose]();
  const database = new Database(join(first.dataDir, "pipit.db"));
  database.exec("update accounts set is_active = 0 where is_local = 1");
  database.close();
  await using again = await startServer(first.config, { logger: createRecordingLogger() });
  await expect(signIn(again.httpUrl, first.dataDir)).rejects.toThrow("403");
});
