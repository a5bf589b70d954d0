import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { sharedDatabases } from "#server/testing/databases.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { createManualClock, createRecordingLogger, TEST_AUDIT_KEY } from "#server/testing/temporary-store.ts";
import { startPostgres, type PostgresServer } from "#tools/test/postgres-server.ts";
import { startRedis, type RedisServer } from "#tools/test/redis-server.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { openWire, type Wire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import { limitMs, sized } from "#tests/testing/test-size.ts";

const PASSWORD = "Correct-horse-1";
const startTimeoutMs = 60_000;
/** The goal: so long after it is back, everything works. */
const recovery = { timeout: limitMs(30_000, 5_000), interval: 20 } as const;
const soon = { timeout: 30_000, interval: 20 } as const;
/** Clients that refresh all the time. */
const REFRESHING = 4;
/** Requests of every kind that must have met the outage, so that it was one. */
const MIN_REFUSED = 10;
const OUTAGES = sized(2, 5);
const TEST_TIMEOUT_MS = 180_000;

interface Load {
  /** How often each thing has happened. */
  readonly counts: Readonly<Record<string, number>>;
  /** Throws the wrong answer that ended the load, if one did. */
  count(name: string): number;
  stop(): Promise<void>;
}

describe.each(sharedDatabases)("outages under load, with $name and Redis", () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let server: TestServer;
  let wire: Wire;
  beforeAll(async () => {
    postgres = await startPostgres(AbortSignal.timeout(startTimeoutMs));
    redis = await startRedis(AbortSignal.timeout(startTimeoutMs));
    await using store = await openOwnStore(postgres.url);
    const passwordHash = await createPasswordHasher({}).hash(PASSWORD);
    await store.auth.accounts.create(accountOf({ id: "ann", passwordHash }));
    server = await startTestServer({
      config: { databaseUrl: postgres.url, redisUrl: redis.url, trustedProxies: ["127.0.0.1"] },
    });
    wire = openWire(16);
  });
  afterAll(async () => {
    wire[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  const tokenRequest = (form: Readonly<Record<string, string>>, address = "192.0.2.1"): Promise<WireAnswer> =>
    wire.post(
      `${server.httpUrl}/oauth/token`,
      { client_id: "pipit-cli", ...form },
      { "x-forwarded-for": address },
    );
  const signIn = (user: string, password = PASSWORD, address?: string): Promise<WireAnswer> =>
    tokenRequest({ grant_type: "password", username: user, password, scope: "openid api:read" }, address);
  const refresh = (token: string): Promise<WireAnswer> =>
    tokenRequest({ grant_type: "refresh_token", refresh_token: token });
  const get = (path: string, headers = {}): Promise<WireAnswer> =>
    wire.send({ method: "GET", url: server.httpUrl + path, headers });
  const logIn = (): Promise<WireAnswer> =>
    wire.send({
      url: `${server.httpUrl}/auth/login`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login: "ann", password: PASSWORD }),
    });
  const tokenOf = ({ status, text, body }: WireAnswer): string => {
    if (status !== 200) throw new Error(`no tokens: ${status} ${text}`);
    return String(body["refresh_token"]);
  };

  /** Whether a request was refused as OAuth says it for an outage; anything else that is not `good` is a wrong answer. */
  function isRefused({ status, headers, text, body }: WireAnswer): boolean {
    if (status !== 503) return false;
    expect([body["error"], Number(headers["retry-after"]) > 0, text.includes("127.0.0.1")]).toEqual([
      "temporarily_unavailable",
      true,
      false,
    ]);
    return true;
  }

  /** What goes on all the time until it is stopped; rejects with the first wrong answer. */
  function startLoad(): Load {
    const stopping = new AbortController();
    const counts: Record<string, number> = {};
    let wrong: unknown;
    const count = (what: string): void => {
      counts[what] = (counts[what] ?? 0) + 1;
    };
    const repeat = async (work: (turn: number) => Promise<void>): Promise<void> => {
      for (let turn = 0; !stopping.signal.aborted; turn++) await work(turn);
    };
    const refreshing = async (): Promise<void> => {
      let token = tokenOf(await signIn("ann"));
      await repeat(async () => {
        const answer = await refresh(token);
        if (isRefused(answer)) return count("refresh refused");
        token = tokenOf(answer);
        count("refreshed");
      });
    };
    const load = [
      ...Array.from({ length: REFRESHING }, refreshing),
      repeat(async () => {
        const answer = await signIn("ann");
        if (isRefused(answer)) return count("right refused");
        tokenOf(answer);
        count("signed in");
      }),
      repeat(async (turn) => {
        const answer = await signIn(`nobody-${turn}`, "Wrong-horse-9", `10.1.${turn >> 8}.${turn & 255}`);
        if (isRefused(answer)) return count("wrong refused");
        expect([answer.status, answer.body["error"]]).toEqual([400, "invalid_grant"]);
        count("turned away");
      }),
    ];
    const all = Promise.all(load);
    all.catch((reason: unknown) => {
      wrong = reason;
      stopping.abort();
    });
    return {
      counts,
      count(name) {
        if (wrong !== undefined) throw wrong;
        return counts[name] ?? 0;
      },
      async stop() {
        stopping.abort();
        await all;
      },
    };
  }

  test(
    `[O9] PostgreSQL stopped ${OUTAGES} times: 503 while it is gone, never a wrong answer, and all is well within 5 s`,
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      const first = await signIn("ann");
      const spare = tokenOf(first);
      const held = String(first.body["access_token"]);
      const load = startLoad();
      const good = ["refreshed", "signed in", "turned away"];
      const refused = ["refresh refused", "right refused", "wrong refused"];
      await expect.poll(() => good.every((name) => load.count(name) >= 2), soon).toBe(true);
      for (let outage = 1; outage <= OUTAGES; outage++) {
        await postgres.stop();
        await expect
          .poll(() => refused.every((name) => load.count(name) >= outage * MIN_REFUSED), soon)
          .toBe(true);
        const health = await get("/health");
        expect([health.status, health.body["database"]]).toEqual([503, "down"]);
        for (const path of ["/ready", "/health", "/v1/chats", "/auth/me"]) {
          const { status, headers } = await get(path, { authorization: `Bearer ${held}` });
          expect([path, status, headers["retry-after"]]).toEqual([path, 503, "1"]);
        }
        const call = await wire.send({
          url: `${server.httpUrl}/streaming.StreamingService/InterruptSession`,
          headers: { authorization: `Bearer ${held}`, "content-type": "application/json" },
          body: JSON.stringify({ hardwareId: "machine" }),
        });
        expect([call.status, call.headers["retry-after"]]).toEqual([503, "1"]);
        // What needs no database goes on.
        expect((await get("/.well-known/jwks.json")).status).toBe(200);

        await postgres.start();
        const before = { ...load.counts };
        await expect
          .poll(() => good.every((name) => load.count(name) > (before[name] ?? 0)), recovery)
          .toBe(true);
        expect((await get("/health")).status).toBe(200);
      }
      await load.stop();
      tokenOf(await refresh(spare));
      const sql = `select family_id from refresh_tokens group by family_id, generation having count(*) > 1
        union select family_id from refresh_tokens where consumed_at_ms is null group by family_id having count(*) > 1
        union select id from refresh_families where revoked_at_ms is not null`;
      expect(await queryPostgres(postgres.url, sql)).toEqual([]);
    },
  );

  test(
    "Redis stopped: no password is looked at while it is gone, everything else goes on, and all is well within 5 s",
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      const first = await signIn("ann");
      let token = tokenOf(first);
      const bearer = { authorization: `Bearer ${String(first.body["access_token"])}` };
      for (let outage = 1; outage <= OUTAGES; outage++) {
        await redis.stop();
        await expect.poll(async () => (await get("/health")).body["redis"] === "down", soon).toBe(true);
        const hashed = await hashes();
        for (const password of [PASSWORD, "Wrong-horse-9"]) {
          expect(isRefused(await signIn("ann", password))).toBe(true);
        }
        const page = await logIn();
        expect([page.status, page.body["error"]]).toMatchObject([503, { code: "LIMITS_UNREACHABLE" }]);
        expect(await hashes()).toBe(hashed);
        token = tokenOf(await refresh(token));
        expect((await get("/health")).status).toBe(200);
        expect((await get("/.well-known/jwks.json")).status).toBe(200);
        expect((await get("/oauth/userinfo", bearer)).body["sub"]).toBe("ann");

        await redis.start();
        await expect.poll(async () => (await signIn("ann")).status === 200, recovery).toBe(true);
        expect((await logIn()).status).toBe(200);
      }
    },
  );

  async function hashes(): Promise<unknown> {
    const sql = "select count(*) as hashes from audit_events where event = 'login'";
    return (await queryPostgres<{ hashes: number }>(postgres.url, sql))[0]?.hashes;
  }
});

function openOwnStore(databaseUrl: string): Promise<Store> {
  return openStore({
    databaseUrl,
    clock: createManualClock(),
    logger: createRecordingLogger(),
    auditKey: TEST_AUDIT_KEY,
  });
}
