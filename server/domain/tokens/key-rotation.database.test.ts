import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import type { Store } from "#server/store/store.ts";
import { databasesBySize, sharedDatabases, type DatabaseStore } from "#server/testing/databases.ts";
import { createAccessTokens, MAX_ACCESS_TOKEN_TTL_SECONDS } from "./access-tokens.ts";
import { JWKS_MAX_AGE_SECONDS, KEEP_RETIRED_MS, PUBLISH_AHEAD_MS, ROTATE_EVERY_MS } from "./key-rotation.ts";
import type { MasterKey } from "../master-key/master-key.ts";
import { createSigningKeys, type SigningKeys } from "./signing-keys.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const issuer = "http://127.0.0.1:8787";
const audience = "pipit";
const masterKey: MasterKey = { derive: () => Buffer.alloc(32, 7) };

/** The keys as one server process has them. */
function process(temporary: DatabaseStore, store: Store = temporary.store): Promise<SigningKeys> {
  return createSigningKeys({
    store: store.auth.signingKeys,
    auth: store.auth,
    masterKey,
    clock: temporary.clock,
    logger: temporary.logger,
  });
}

async function statesOf(store: Store): Promise<string> {
  const states = (await store.auth.signingKeys.list()).map((key) => `${key.algorithm} ${key.state}`);
  return states.toSorted().join(", ");
}

async function published(keys: SigningKeys): Promise<readonly string[]> {
  return (await keys.jwks()).keys.map(({ kid }) => kid);
}

describe.each(databasesBySize)("signing keys on $name", ({ open }) => {
  test("[G6] are published, sign, retire and go, each step no sooner than verifiers can follow", async () => {
    await using temporary = await open();
    const { clock, store } = temporary;
    const keys = await process(temporary);
    const old = keys.signing().kid;
    expect(await statesOf(store)).toBe("ES256 signing, RS256 signing");

    const steps = await keys.rotate({ force: true });
    expect(steps.map(({ algorithm, did }) => `${algorithm} ${did}`)).toEqual([
      "RS256 prepared",
      "ES256 prepared",
    ]);
    const [{ kid: next } = { kid: "" }] = steps;
    expect(steps[0]?.nextStepAtMs).toBe(clock.nowMs() + PUBLISH_AHEAD_MS);
    expect(await published(keys)).toContain(next);
    expect(keys.signing().kid).toBe(old);

    clock.advance(PUBLISH_AHEAD_MS - 1);
    const early = await keys.rotate({ force: true });
    expect(early.map(({ did }) => did)).toEqual(["waiting", "waiting"]);
    expect(early[0]).toMatchObject({ kid: next, nextStepAtMs: clock.nowMs() + 1 });
    expect(keys.signing().kid).toBe(old);

    clock.advance(1);
    expect((await keys.rotate()).map(({ did }) => did)).toEqual(["promoted", "promoted"]);
    expect(keys.signing().kid).toBe(next);
    expect(await published(keys)).toContain(old);
    expect(await statesOf(store)).toBe("ES256 retired, ES256 signing, RS256 retired, RS256 signing");

    clock.advance(KEEP_RETIRED_MS - 1);
    expect(await keys.publicKey(old)).toBeDefined();
    clock.advance(5_000);
    expect(await keys.publicKey(old)).toBeUndefined();
    expect(await published(keys)).not.toContain(old);
    expect(await statesOf(store)).toBe("ES256 signing, RS256 signing");
  });

  test("[O5] go on when a server with a clock months ahead has dated them, and rest while the clock cannot be believed", async () => {
    await using temporary = await open();
    const { clock, store } = temporary;
    const keys = await process(temporary);
    const old = keys.signing().kid;
    clock.advance(100 * DAY_MS);
    await keys.rotate({ force: true });
    clock.advance(-100 * DAY_MS);
    const nowMs = clock.nowMs();
    expect((await keys.rotate()).map(({ did }) => did)).toEqual(["waiting", "waiting"]);
    for (const key of await store.auth.signingKeys.list()) expect(key.createdAtMs).toBeLessThanOrEqual(nowMs);
    clock.advance(PUBLISH_AHEAD_MS);
    const careful = await createSigningKeys({
      store: store.auth.signingKeys,
      masterKey,
      clock,
      mayRotate: () => false,
    });
    expect(careful.signing().kid).toBe(old);
    expect(await statesOf(store)).toContain("RS256 next");
    expect((await keys.rotate()).map(({ did }) => did)).toEqual(["promoted", "promoted"]);
  });

  test("rotate by themselves when they are used, every 90 days", async () => {
    await using temporary = await open();
    const { clock } = temporary;
    const keys = await process(temporary);
    const old = keys.signing().kid;
    clock.advance(ROTATE_EVERY_MS - PUBLISH_AHEAD_MS - 1);
    expect(await published(keys)).toHaveLength(2);
    clock.advance(5_000);
    expect(await published(keys)).toHaveLength(4);
    expect(keys.signing().kid).toBe(old);
    clock.advance(PUBLISH_AHEAD_MS);
    await keys.fresh();
    expect(keys.signing().kid).not.toBe(old);
  });

  test("rotate at the start of a server that slept over its time", async () => {
    await using temporary = await open();
    const { clock } = temporary;
    const old = (await process(temporary)).signing().kid;
    clock.advance(ROTATE_EVERY_MS * 3);
    const keys = await process(temporary);
    expect(keys.signing().kid).toBe(old);
    expect(await published(keys)).toHaveLength(4);
  });

  test("make another generation with every change, and none without", async () => {
    await using temporary = await open();
    const keys = await process(temporary);
    const first = keys.privateJwks();
    await keys.reload();
    expect(keys.privateJwks()).toBe(first);
    await keys.rotate({ force: true });
    const prepared = keys.privateJwks();
    expect(prepared.generation).toBeGreaterThan(first.generation);
    expect(prepared.keys.slice(0, 2).map(({ kid }) => kid)).toEqual(first.keys.map(({ kid }) => kid));
    temporary.clock.advance(PUBLISH_AHEAD_MS);
    await keys.rotate();
    const promoted = keys.privateJwks();
    expect(promoted.generation).toBeGreaterThan(prepared.generation);
    expect(promoted.keys[0]?.kid).toBe(keys.signing().kid);
    expect(promoted.keys).toHaveLength(4);
  });

  test("audit a rotation with who asked for it, and only what happened", async () => {
    await using temporary = await open();
    const keys = await process(temporary);
    const old = keys.signing().kid;
    const origin = { ip: "192.0.2.1", userAgent: "pipit", correlationId: "c-1" };
    await keys.rotate({ force: true, origin });
    temporary.clock.advance(PUBLISH_AHEAD_MS);
    await keys.rotate({ origin });
    await keys.rotate({ origin });
    const rows = await temporary.query("select event, ip, data from audit_events order by data");
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ event: "key.rotated", ip: "192.0.2.1" });
    const retired = rows.map(({ data }) => (JSON.parse(String(data)) as { retired: string }).retired);
    expect(retired).toContain(old);
  });

  test("are seen by another process that was there before, at the latest when their tokens come", async () => {
    await using temporary = await open();
    const one = await process(temporary);
    const other = await process(temporary, await temporary.openSecond());
    await one.rotate({ force: true });
    temporary.clock.advance(PUBLISH_AHEAD_MS);
    await one.rotate();
    const { kid } = one.signing();
    expect(await other.publicKey(kid)).toBeDefined();
    expect(await published(other)).toEqual(await published(one));
    expect(other.signing().kid).toBe(kid);
  });

  test("of a database with keys from before rotation count from when they were made", async () => {
    await using temporary = await open();
    const keys = await process(temporary);
    await temporary.query("update signing_keys set signing_since_ms = null");
    const [step] = await keys.rotate();
    expect(step).toMatchObject({
      did: "waiting",
      nextStepAtMs: temporary.clock.nowMs() + ROTATE_EVERY_MS - PUBLISH_AHEAD_MS,
    });
  });

  test("[G6] sealed private halves never lie open in the table, whatever their state", async () => {
    await using temporary = await open();
    const keys = await process(temporary);
    await keys.rotate({ force: true });
    const table = JSON.stringify(await temporary.query("select * from signing_keys"));
    for (const { d } of keys.privateJwks().keys) expect(table).not.toContain(d);
    expect(table).not.toContain("PRIVATE");
  });

  test("[G6] soak: a verifier that keeps the JWKS for its whole max-age never meets an unknown key, nor refuses a live token", async () => {
    await using temporary = await open();
    const { clock } = temporary;
    const server = await process(temporary);
    const tokens = createAccessTokens({ keys: server, issuer, audience, clock });
    const stepMs = 10 * MINUTE_MS;
    const lifeMs = MAX_ACCESS_TOKEN_TTL_SECONDS * 1000;
    let cached = { jwks: createLocalJWKSet(copyOf(await server.jwks())), atMs: clock.nowMs() };
    let live: { token: string; endsAtMs: number }[] = [];
    const signers = new Set<string>();
    let verified = 0;
    for (let rotations = 0; rotations < 2; rotations++) {
      await server.rotate({ force: true });
      for (let passedMs = 0; passedMs < 26 * HOUR_MS; passedMs += stepMs) {
        clock.advance(stepMs);
        const nowMs = clock.nowMs();
        // The last moment at which it may still believe what it has.
        if (nowMs - cached.atMs > JWKS_MAX_AGE_SECONDS * 1000) {
          cached = { jwks: createLocalJWKSet(copyOf(await server.jwks())), atMs: nowMs };
        }
        await server.fresh();
        for (const algorithm of ["RS256", "ES256"] as const) {
          signers.add(server.signing(algorithm).kid);
          const { token } = tokens.issue({
            userId: "u",
            clientId: "c",
            scope: "",
            algorithm,
            ttlSeconds: MAX_ACCESS_TOKEN_TTL_SECONDS,
          });
          live.push({ token, endsAtMs: nowMs + lifeMs });
        }
        live = live.filter(({ endsAtMs }) => endsAtMs > nowMs);
        // Those about to end and those just issued: what is between them was the one and will be the other.
        for (const { token } of [...live.slice(0, 6), ...live.slice(-6)]) {
          await jwtVerify(token, cached.jwks, { issuer, audience, currentDate: new Date(nowMs) });
          await tokens.verify(token);
          verified++;
        }
      }
    }
    expect(signers.size).toBe(6);
    expect(verified).toBeGreaterThan(3_000);
  });
});

describe.each(sharedDatabases)("[G6] servers that rotate at once on $name", ({ open }) => {
  test("take every step once", async () => {
    await using temporary = await open();
    const servers = await Promise.all([
      process(temporary),
      temporary.openSecond().then((store) => process(temporary, store)),
      temporary.openSecond().then((store) => process(temporary, store)),
    ]);
    const { store, clock } = temporary;
    expect(await statesOf(store)).toBe("ES256 signing, RS256 signing");
    for (let rotation = 1; rotation <= 3; rotation++) {
      const prepared = await Promise.all(servers.map((keys) => keys.rotate({ force: true })));
      expect(count(prepared, "prepared")).toBe(2);
      clock.advance(PUBLISH_AHEAD_MS);
      const promoted = await Promise.all(servers.map((keys) => keys.rotate()));
      expect(count(promoted, "promoted")).toBe(2);
      expect(new Set(servers.map((keys) => keys.signing().kid)).size).toBe(1);
      expect(new Set(servers.map((keys) => keys.signing("ES256").kid)).size).toBe(1);
    }
    const events = await temporary.query(
      "select count(*) as n from audit_events where event = 'key.rotated'",
    );
    expect(events).toEqual([{ n: 6 }]);
  });

  test("verify each other's tokens at every moment", async () => {
    await using temporary = await open();
    const { clock } = temporary;
    const stores = [temporary.store, await temporary.openSecond()];
    const servers = await Promise.all(
      stores.map(async (store) => {
        const keys = await process(temporary, store);
        return { keys, tokens: createAccessTokens({ keys, issuer, audience, clock }) };
      }),
    );
    const callers: unknown[] = [];
    for (let passedMs = 0; passedMs < 3 * HOUR_MS; passedMs += 5 * MINUTE_MS) {
      // Each forces a rotation whenever it likes.
      await Promise.all(servers.map(({ keys }) => keys.rotate({ force: true })));
      for (const { tokens } of servers) {
        const { token } = tokens.issue({ userId: "u", clientId: "c", scope: "" });
        callers.push(...(await Promise.all(servers.map((server) => server.tokens.verify(token)))));
      }
      clock.advance(5 * MINUTE_MS);
    }
    expect(callers).toHaveLength(36 * 4);
  });
});

test("the times fit together: a key is published for a max-age before it signs, and outlives what it signed", () => {
  expect(PUBLISH_AHEAD_MS).toBeGreaterThan(JWKS_MAX_AGE_SECONDS * 1000);
  expect(KEEP_RETIRED_MS).toBeGreaterThan(MAX_ACCESS_TOKEN_TTL_SECONDS * 1000 + DAY_MS);
});

function count(results: readonly (readonly { readonly did: string }[])[], did: string): number {
  return results.flat().filter((step) => step.did === did).length;
}

function copyOf({ keys }: Awaited<ReturnType<SigningKeys["jwks"]>>) {
  return { keys: keys.map((key) => ({ ...key })) };
}
