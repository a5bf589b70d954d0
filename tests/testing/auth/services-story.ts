import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuthOptions } from "../../../server-kit/pipit-auth.ts";
import { loadMasterKey } from "#server/domain/master-key/master-key.ts";
import { makeKey } from "#server/domain/tokens/key-pairs.ts";
import { createKeySealer } from "#server/domain/tokens/signing-keys.ts";
import type { TestDatabase } from "#server/testing/databases.ts";
import { serveHttp } from "#tests/doubles/serve-http.ts";
import { bearer, openAuthStage, type AuthStage } from "./auth-stage.ts";
import { audiences, forgeries, goodToken, signed } from "./forgeries.ts";

/** What a service of another team is told of the Pipit server. */
export type ServiceOptions = Pick<AuthOptions, "internalKey" | "keysMaxAgeMs" | "cooldownMs"> &
  Required<Pick<AuthOptions, "issuer" | "jwksUrl">>;

/** A service: `GET /notes` needs api:read, `POST /notes` api:write, and `GET /counts` says what was counted. */
export interface Service extends AsyncDisposable {
  readonly url: string;
}

const KEY = "the-key-of-all-services";
const UNKNOWN_KEYS = 20;
/** The server looks at its keys every five seconds of its own clock, which stands still. */
const LOOK_MS = 6_000;

/** The way to the server's keys, which counts how often they are asked for, and can be shut. `moved` leads there too. */
async function openJwksDoor(serverUrl: string) {
  let asked = 0;
  let isOpen = true;
  const server = await serveHttp((request, response) => {
    asked += 1;
    if (!isOpen) return void response.destroy();
    if (request.url === "/moved") return void response.writeHead(302, { location: "/jwks" }).end();
    fetch(`${serverUrl}/.well-known/jwks.json`).then(
      async (answer) => {
        response.writeHead(answer.status, { "content-type": "application/json" });
        response.end(await answer.text());
      },
      () => response.destroy(),
    );
  });
  return {
    url: `${server.url}/jwks`,
    moved: `${server.url}/moved`,
    asked: () => asked,
    open(wanted: boolean): void {
      isOpen = wanted;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The code of a refusal, in the body of either kind of service. */
function codeOf(body: unknown): unknown {
  const { error, detail } = body as Record<string, { readonly code?: unknown } | undefined>;
  return (error ?? detail)?.code;
}

interface Said {
  readonly status: number;
  /** Who it was, or why not. */
  readonly said: unknown;
  readonly challenge: string | null;
}

async function ask(service: Service, headers: Record<string, string> = {}, method = "GET"): Promise<Said> {
  const response = await fetch(`${service.url}/notes`, { method, headers });
  const body: unknown = await response.json();
  const said = response.ok ? body : codeOf(body);
  return { status: response.status, said, challenge: response.headers.get("www-authenticate") };
}

async function countsOf(service: Service): Promise<unknown> {
  return (await fetch(`${service.url}/counts`)).json();
}

/** Statement 181, told of one kind of service beside a real server. */
export function tellServicesStory(
  database: TestDatabase["name"],
  start: (options: ServiceOptions) => Promise<Service>,
): void {
  let stage: AuthStage;
  let issuer: string;
  beforeAll(async () => {
    stage = await openAuthStage(database);
    ({ issuer } = stage.server.config);
    await stage.addAccount({ id: "ann" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const INVALID = {
    status: 401,
    said: "TOKEN_INVALID",
    challenge: expect.stringContaining('error="invalid_token"'),
  };

  test("takes what the server issues and no forgery, and reads the keys once", async () => {
    await using door = await openJwksDoor(stage.url);
    await using service = await start({ issuer, jwksUrl: door.url });
    // Before it has any key: twenty that nobody has make it ask once.
    const good = await goodToken(stage, "ann");
    const { privateKey } = good.key;
    const unknown = Array.from({ length: UNKNOWN_KEYS }, (_, index) =>
      signed({ ...good.header, kid: `unknown-${index}` }, good.claims, privateKey),
    );
    const refused = await Promise.all(unknown.map((token) => ask(service, bearer(token))));
    expect(refused).toEqual(unknown.map(() => INVALID));
    expect(door.asked()).toBe(1);

    const whole = signed(good.header, good.claims, privateKey);
    expect(await ask(service, bearer(whole))).toMatchObject({
      status: 200,
      said: { subject: "ann", client: "pipit-cli", method: "bearer" },
    });
    const taken: unknown[] = [];
    for (const [name, forge] of forgeries) {
      // Whether a session lives is what introspection tells; a service believes a token until it expires.
      if (name === "a session that is not there") continue;
      const { status, said } = await ask(service, bearer(forge(good)));
      const wanted = name === "its end behind it" ? "TOKEN_EXPIRED" : "TOKEN_INVALID";
      if (status !== 401 || said !== wanted) taken.push([name, status, said]);
    }
    for (const [name, aud] of audiences) {
      const { status } = await ask(service, bearer(signed(good.header, { ...good.claims, aud }, privateKey)));
      if (status !== 401) taken.push([name, status]);
    }
    expect(taken).toEqual([]);
    expect(await ask(service)).toEqual({
      status: 401,
      said: "TOKEN_MISSING",
      challenge: 'Bearer realm="pipit"',
    });
    const { accessToken } = await stage.signIn("ann", { scope: "api:read" });
    expect(await ask(service, bearer(accessToken), "POST")).toEqual({
      status: 403,
      said: "NOT_ALLOWED",
      challenge: expect.stringMatching(/error="insufficient_scope".*scope="api:write"/),
    });
    expect(await ask(service, bearer(whole), "POST")).toMatchObject({ status: 200 });
    expect(door.asked()).toBe(1);
  });

  test("X-Internal-Auth beside tokens: it can be switched off, saves no bad token, and each way is counted", async () => {
    await using door = await openJwksDoor(stage.url);
    const server = { issuer, jwksUrl: door.url };
    await using both = await start({ ...server, internalKey: KEY });
    await using tokensOnly = await start(server);
    await using elsewhere = await start({ issuer, jwksUrl: door.moved });
    const { accessToken } = await stage.signIn("ann");
    // Whoever may redirect would name the keys that sign tokens.
    expect(await ask(elsewhere, bearer(accessToken))).toMatchObject({
      status: 503,
      said: "SERVER_UNREACHABLE",
    });
    expect(door.asked()).toBe(1);
    const internal = { "x-internal-auth": KEY };
    const who = { subject: "internal", client: "internal", method: "internal" };
    expect(await ask(both, internal)).toMatchObject({ status: 200, said: who });
    expect(await ask(both, bearer(accessToken))).toMatchObject({ status: 200, said: { subject: "ann" } });
    expect(await ask(both, { ...internal, ...bearer(accessToken) })).toMatchObject({
      said: { subject: "ann" },
    });
    for (const authorization of [`Bearer ${accessToken}x`, "Bearer x.y.z", "Basic eDp5", "Bearer"]) {
      expect(await ask(both, { ...internal, authorization })).toEqual(INVALID);
    }
    for (const wrong of [`${KEY}x`, KEY.slice(1), `${KEY}, ${KEY}`]) {
      expect(await ask(both, { "x-internal-auth": wrong })).toEqual(INVALID);
    }
    expect(await ask(both)).toMatchObject({ status: 401, said: "TOKEN_MISSING" });
    expect(await ask(tokensOnly, internal)).toMatchObject({ status: 401, said: "TOKEN_MISSING" });
    expect(await ask(tokensOnly, { "x-internal-auth": "" })).toMatchObject({
      status: 401,
      said: "TOKEN_MISSING",
    });
    expect(await countsOf(both)).toEqual({
      "bearer accepted": 2,
      "bearer TOKEN_INVALID": 4,
      "internal accepted": 1,
      "internal TOKEN_INVALID": 3,
      "none TOKEN_MISSING": 1,
    });
  });

  test("keys change and go while it runs, and a server that is down takes none of them away", async () => {
    await using door = await openJwksDoor(stage.url);
    const server = { issuer, jwksUrl: door.url };
    // Whatever it does not know it asks for at once, here.
    await using service = await start({ ...server, cooldownMs: 0 });
    await using watchful = await start({ ...server, cooldownMs: 0, keysMaxAgeMs: 0 });
    const before = await stage.signIn("ann");
    const old = bearer(before.accessToken);
    expect(await ask(service, old)).toMatchObject({ status: 200 });
    expect(await ask(watchful, old)).toMatchObject({ status: 200 });

    await replaceKey(stage);
    const after = await stage.signIn("ann");
    const young = bearer(after.accessToken);
    const kids = [before, after].map(({ accessToken }) => decodeProtectedHeader(accessToken).kid);
    expect(new Set(kids).size).toBe(2);
    for (const one of [service, watchful]) {
      expect(await ask(one, young)).toMatchObject({ status: 200, said: { subject: "ann" } });
      expect(await ask(one, old)).toMatchObject({ status: 200 });
    }
    // A key that was taken back is refused when the keys are read again.
    await stage.store.auth.signingKeys.removeRetired(Number.MAX_SAFE_INTEGER);
    stage.advance(LOOK_MS);
    expect(await ask(watchful, old)).toEqual(INVALID);
    expect(await ask(watchful, young)).toMatchObject({ status: 200 });

    door.open(false);
    const asked = door.asked();
    for (const one of [service, watchful]) expect(await ask(one, young)).toMatchObject({ status: 200 });
    expect(door.asked()).toBeGreaterThan(asked);
    // One that begins meanwhile has no keys: that is no fault of the token.
    await using late = await start(server);
    expect(await ask(late, young)).toEqual({ status: 503, said: "SERVER_UNREACHABLE", challenge: null });
    door.open(true);
    await expect.poll(async () => (await ask(late, young)).status).toBe(200);
  });
}

/** A new key signs at once, as after `pipit admin keys rotate --now`. */
async function replaceKey(stage: AuthStage): Promise<void> {
  const { config, dataDir } = stage.server;
  const masterKey = await loadMasterKey({ dataDir, configured: config.auth.masterKey });
  const { signingKeys } = stage.store.auth;
  const signing = (await signingKeys.list()).find(
    ({ algorithm, state }) => algorithm === "RS256" && state === "signing",
  );
  const made = await makeKey("RS256", createKeySealer(masterKey));
  const nowMs = stage.judgedAtMs();
  await signingKeys.insertNext({ ...made, state: "next", createdAtMs: nowMs });
  const promotion = { from: signing?.kid ?? "", to: made.kid, nowMs, publishedBeforeMs: nowMs };
  expect(await signingKeys.promote(promotion)).toBe(true);
  stage.advance(LOOK_MS);
}
