import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limitRules } from "#server/domain/limits/rules.ts";
import { createRedisConnection } from "#server/store/redis/redis-connection.ts";
import { createRedisCounterStore } from "#server/store/redis/redis-counter-store.ts";
import { sharedDatabases } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { openWire, type Wire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import {
  SHARED_PASSWORD,
  startSharedServers,
  type SharedServers,
} from "#tests/testing/auth/shared-servers.ts";
import { sized } from "#tests/testing/test-size.ts";

const WRONG_AT_ONCE = 200;
/** What the limits let through: docs/reference/oauth.md. */
const MAX_HASHES = 5;
const RIGHT_AT_ONCE = 20;
/** Names that no account has, each of which costs a hash. */
const OTHER_NAMES = sized(20, 100);
/** Counters of others besides. */
const OTHER_KEYS = sized(500, 100_000);
/** As many commands may be on their way to Redis. */
const KEYS_AT_ONCE = 200;
const WRONG_PASSWORD = "Wrong-horse-9";
const SOCKETS = 64;
const TEST_TIMEOUT_MS = sized(240_000, 600_000);

describe.each(sharedDatabases)("sign-ins at two server processes on $name and Redis", () => {
  let servers: SharedServers;
  let wire: Wire;
  beforeAll(async () => {
    servers = await startSharedServers();
    wire = openWire(SOCKETS);
    await servers.addClient("app");
  });
  afterAll(async () => {
    wire[Symbol.dispose]();
    await servers[Symbol.asyncDispose]();
  });

  /** As the proxy passes it on that both servers trust. */
  const signIn = (server: number, user: string, password: string, address: string): Promise<WireAnswer> =>
    wire.post(
      `${servers.urls()[server % 2]}/oauth/token`,
      { grant_type: "password", client_id: "app", username: user, password },
      { "x-forwarded-for": address },
    );
  const addressOf = (count: number): string => `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`;

  const logIn = (server: number, user: string, address: string, cookie = ""): Promise<WireAnswer> =>
    wire.send({
      url: `${servers.urls()[server]}/auth/login`,
      headers: { "content-type": "application/json", "x-forwarded-for": address, cookie },
      body: JSON.stringify({ login: user, password: SHARED_PASSWORD }),
    });
  const deviceOf = ({ headers }: WireAnswer): string =>
    (headers["set-cookie"] ?? []).find((line) => line.startsWith("pipit_device_"))?.split(";", 1)[0] ?? "";

  /** How often a password of this account was hashed: every hash has an outcome in the audit, refusals have their own. */
  const hashesOf = async (user: string): Promise<number> => {
    const [row] = await servers.query(
      `select count(*) as hashes from audit_events where event = 'login' and user_id = $1
       and (outcome = 'success' or reason = 'wrong-password')`,
      user,
    );
    return Number(row?.["hashes"]);
  };

  const attack = async (user: string): Promise<readonly WireAnswer[]> =>
    Promise.all(
      Array.from({ length: WRONG_AT_ONCE }, (_, count) =>
        signIn(count, user, WRONG_PASSWORD, addressOf(count)),
      ),
    );

  test(
    `[G3] ${WRONG_AT_ONCE} wrong passwords at once from as many addresses cost ${MAX_HASHES} hashes at most`,
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      await servers.addAccount("bob");
      const known = deviceOf(await logIn(0, "bob", "192.0.2.1"));
      expect(known).toMatch(/^pipit_device_\d+=.{60,}/);
      const hashesBefore = await hashesOf("bob");

      const answers = await attack("bob");
      expect((await hashesOf("bob")) - hashesBefore).toBeLessThanOrEqual(MAX_HASHES);
      const refusedByHash = answers.filter(({ status }) => status === 400);
      expect(refusedByHash.length).toBeLessThanOrEqual(MAX_HASHES);
      for (const { status, headers, body } of answers.filter((answer) => answer.status !== 400)) {
        expect([status, body["error"]]).toEqual([429, "invalid_grant"]);
        expect(Number(headers["retry-after"])).toBeGreaterThan(0);
      }

      // The next call finds the lock, on whichever process it is made: nothing has to spread first.
      for (const server of [0, 1]) {
        const right = await signIn(server, "bob", SHARED_PASSWORD, `192.0.2.${10 + server}`);
        expect([right.status, right.body["error"]]).toEqual([429, "invalid_grant"]);
      }
      expect((await logIn(1, "bob", "192.0.2.12")).status).toBe(429);
      // Behind one address; here each has its own, which is in the cookie's name.
      const there = known.replace(/_\d+=/u, `_${new URL(servers.urls()[1]).port}=`);
      const owner = await logIn(1, "bob", "192.0.2.13", there);
      expect([owner.status, owner.body["login"]]).toEqual([200, "bob"]);
    },
  );

  test("[G3] the locks of both outlive a restart of both servers", { timeout: TEST_TIMEOUT_MS }, async () => {
    await servers.addAccount("carl");
    await attack("carl");
    await servers.restart();
    for (const server of [0, 1]) {
      const right = await signIn(server, "carl", SHARED_PASSWORD, `192.0.2.${20 + server}`);
      expect([right.status, right.body["error"]]).toEqual([429, "invalid_grant"]);
    }
  });

  test(`[G3] ${OTHER_KEYS} other keys do not push a lock out`, { timeout: TEST_TIMEOUT_MS }, async () => {
    await servers.addAccount("dora");
    await attack("dora");
    await using connection = createRedisConnection({
      url: servers.redisUrl,
      logger: createRecordingLogger(),
    });
    await expect.poll(() => connection.status() === "connected", { timeout: 30_000 }).toBe(true);
    const counters = createRedisCounterStore({ connection });
    for (let made = 0; made < OTHER_KEYS; made += KEYS_AT_ONCE) {
      await Promise.all(
        Array.from({ length: KEYS_AT_ONCE }, (_, count) =>
          counters.reserve(`other-${made + count}`, limitRules.lockout, Date.now()),
        ),
      );
    }
    const others = Array.from({ length: OTHER_NAMES }, (_, count) =>
      signIn(count, `nobody-${count}`, WRONG_PASSWORD, addressOf(1_000 + count)),
    );
    // Each is a first attempt; some find the queue of hashes full.
    for (const { status } of await Promise.all(others)) expect([400, 503]).toContain(status);
    const right = await signIn(0, "dora", SHARED_PASSWORD, "192.0.2.30");
    expect([right.status, right.body["error"]]).toEqual([429, "invalid_grant"]);
  });

  test(
    `[G3] ${RIGHT_AT_ONCE} right passwords at once, also from one address, all get in`,
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      await servers.addAccount("emma");
      for (const addressFor of [(count: number) => `198.51.100.${count}`, () => "203.0.113.1"]) {
        const answers = await Promise.all(
          Array.from({ length: RIGHT_AT_ONCE }, (_, count) =>
            signIn(count, "emma", SHARED_PASSWORD, addressFor(count)),
          ),
        );
        expect(answers.map(({ status, text }) => (status === 200 ? 200 : text))).toEqual(
          Array.from({ length: RIGHT_AT_ONCE }, () => 200),
        );
      }
    },
  );

  test("[G3] an address that no trusted proxy vouches for does not count: the proxy's own does", async () => {
    // Two hops: the right one is what the proxy saw, the left one is what the attacker wrote.
    await servers.addAccount("finn");
    const answers: number[] = [];
    for (let count = 0; count < 7; count++) {
      const { status } = await signIn(
        count,
        `finn-${count}`,
        WRONG_PASSWORD,
        `${addressOf(count)}, 192.0.2.99`,
      );
      answers.push(status);
    }
    expect(answers).toEqual([400, 400, 400, 400, 400, 429, 429]);
  });
});
