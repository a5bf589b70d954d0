import { setTimeout as pause } from "node:timers/promises";
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedDatabases } from "#server/testing/databases.ts";
import { openWire, type Wire } from "#tests/testing/auth/keep-alive-wire.ts";
import { startSharedServers, type SharedServers } from "#tests/testing/auth/shared-servers.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

/** Between two looks of the verifier. */
const POLL_MS = 10;
const DAY_MS = 86_400_000;
/** More than the time for which a key is published before it signs. */
const TWO_HOURS_MS = 7_200_000;
const SOCKETS = 16;
/** Servers look at their keys every five seconds, when they are used. */
const seen = { timeout: 30_000, interval: 50 } as const;

describe.each(sharedDatabases)("signing keys of two server processes on $name", () => {
  let servers: SharedServers;
  let wire: Wire;
  let basic: string;
  beforeAll(async () => {
    servers = await startSharedServers();
    wire = openWire(SOCKETS);
    const { client, secret = "" } = await servers.clients.register(
      {
        clientId: "service",
        name: "A service",
        confidential: true,
        applicationType: "web",
        grantTypes: ["client_credentials"],
        scope: "api:read",
      },
      systemOrigin,
    );
    basic = `Basic ${Buffer.from(`${client.clientId}:${secret}`).toString("base64")}`;
  });
  afterAll(async () => {
    wire[Symbol.dispose]();
    await servers[Symbol.asyncDispose]();
  });

  const issue = async (server: number): Promise<string> => {
    const url = `${servers.urls()[server % 2]}/oauth/token`;
    const { status, text, body } = await wire.post(
      url,
      { grant_type: "client_credentials" },
      { authorization: basic },
    );
    if (status !== 200) throw new Error(`no token: ${status} ${text}`);
    return String(body["access_token"]);
  };
  const jwksUrl = (server: number): string => `${servers.urls()[server % 2]}/.well-known/jwks.json`;
  const jwksOf = async (server: number): Promise<JSONWebKeySet> =>
    JSON.parse((await wire.send({ method: "GET", url: jwksUrl(server) })).text) as JSONWebKeySet;
  const kidsOf = async (server: number): Promise<readonly unknown[]> =>
    (await jwksOf(server)).keys.map(({ kid }) => kid);
  const keysIn = async (state: string) =>
    (await servers.store.auth.signingKeys.list()).filter(
      (key) => key.state === state && key.algorithm === "RS256",
    );
  /** What would be so if it were that much later. */
  const age = (column: "created_at_ms" | "signing_since_ms", state: string, byMs: number) =>
    servers.query(
      `update signing_keys set ${column} = ${column} - $1 where algorithm = 'RS256' and state = $2`,
      byMs,
      state,
    );

  test("[G6] both rotate at once while a verifier looks every 10 ms: nothing fails to verify", async () => {
    const [before] = await keysIn("signing");
    const stop = new AbortController();
    const done = { verified: 0, failures: [] as string[] };
    const old = await issue(0);
    /** Keeps the keys that it found at the last reload, as a resource server does for as long as it may. */
    const cached = createRemoteJWKSet(new URL(jwksUrl(0)), { cacheMaxAge: DAY_MS, cooldownDuration: DAY_MS });
    await cached.reload();
    const verifying = verify();

    // Both notice at their next look that a new key is due; one makes it.
    await age("signing_since_ms", "signing", 90 * DAY_MS);
    await expect.poll(async () => (await keysIn("next")).length > 0, seen).toBe(true);
    const [next, ...others] = await keysIn("next");
    expect(others).toEqual([]);
    for (const server of [0, 1]) {
      await expect.poll(async () => (await kidsOf(server)).includes(next?.kid), seen).toBe(true);
    }
    // The hour passes in which every verifier looks once.
    await cached.reload();
    await age("created_at_ms", "next", TWO_HOURS_MS);
    await expect.poll(async () => (await keysIn("signing"))[0]?.kid === next?.kid, seen).toBe(true);
    const kidOf = async (server: number) =>
      JSON.parse(Buffer.from((await issue(server)).split(".", 1)[0] ?? "", "base64url").toString()) as {
        readonly kid: string;
      };
    for (const server of [0, 1]) {
      await expect.poll(async () => (await kidOf(server)).kid === next?.kid, seen).toBe(true);
    }
    stop.abort();
    await verifying;

    expect(done.failures).toEqual([]);
    expect(done.verified).toBeGreaterThan(10);
    expect((await keysIn("signing")).map(({ kid }) => kid)).toEqual([next?.kid]);
    expect((await keysIn("retired")).map(({ kid }) => kid)).toEqual([before?.kid]);
    // What was signed before is good for the rest of its life, at both.
    for (const server of [0, 1]) await jwtVerify(old, createLocalJWKSet(await jwksOf(server)), expected);

    async function verify(): Promise<void> {
      for (let count = 0; !stop.signal.aborted; count++) {
        try {
          const token = await issue(count);
          await jwtVerify(token, cached, expected);
          await jwtVerify(token, createLocalJWKSet(await jwksOf(count + 1)), expected);
          await jwtVerify(old, cached, expected);
          done.verified += 1;
        } catch (reason) {
          done.failures.push(String(reason));
        }
        await pause(POLL_MS);
      }
    }
  });
});

const expected = { issuer: "http://127.0.0.1:8787", audience: "pipit", typ: "at+jwt" };
