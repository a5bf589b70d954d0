import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedDatabases } from "#server/testing/databases.ts";
import { sized } from "#tests/testing/test-size.ts";
import { openWire, type Wire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import { createRandom, type Random } from "#tests/testing/auth/random.ts";
import { startSharedServers, type SharedServers } from "#tests/testing/auth/shared-servers.ts";

/** The full number, of the nightly run, is 1,000. */
const FAMILIES = sized(10, 1_000);
const PARALLEL = 8;
/** Families whose eight refreshes are under way at the same time. */
const FAMILIES_AT_ONCE = 4;
/** The full number, of the nightly run, is 10,000. */
const CHAOS_REFRESHES = sized(150, 10_000);
const CHAOS_CLIENTS = 12;
/** Servers that are killed, one after the other. */
const KILLS = sized(2, 12);
const DROPPED_SHARE = 0.1;
const DUPLICATE_SHARE = 0.05;
const SEED = 20_250_401;
const TEST_TIMEOUT_MS = sized(240_000, 600_000);

describe.each(sharedDatabases)("refresh tokens of two server processes on $name and Redis", () => {
  let servers: SharedServers;
  let wire: Wire;
  beforeAll(async () => {
    servers = await startSharedServers();
    wire = openWire(FAMILIES_AT_ONCE * PARALLEL);
    await servers.addAccount("ann");
    await servers.addClient("grace");
    await servers.addClient("strict", { refreshGraceMs: 0 });
  });
  afterAll(async () => {
    wire[Symbol.dispose]();
    await servers[Symbol.asyncDispose]();
  });

  const tokenUrl = (server: number): string => `${servers.urls()[server % 2]}/oauth/token`;
  const formOf = (refreshToken: string, clientId: string) => ({
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: refreshToken,
  });
  const refresh = (server: number, refreshToken: string, clientId: string): Promise<WireAnswer> =>
    wire.post(tokenUrl(server), formOf(refreshToken, clientId));
  const successorOf = ({ body }: WireAnswer): string => String(body["refresh_token"]);

  /** Eight refreshes of one token at once, by turns on both processes. */
  const race = (refreshToken: string, clientId: string): Promise<readonly WireAnswer[]> =>
    Promise.all(Array.from({ length: PARALLEL }, (_, count) => refresh(count, refreshToken, clientId)));

  test(
    `[G2] of ${FAMILIES} families refreshed ${PARALLEL} times at once each has exactly one successor`,
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      await inTurns(FAMILIES, FAMILIES_AT_ONCE, async () => {
        const first = await servers.startSession("ann", "grace");
        const answers = await race(first, "grace");
        expect(answers.map(({ status, text }) => (status === 200 ? 200 : text))).toEqual(
          Array.from({ length: PARALLEL }, () => 200),
        );
        expect(new Set(answers.map(successorOf)).size).toBe(1);
      });
      expect(await forks(servers)).toEqual([]);
      expect(await servers.query("select id from refresh_families where revoked_at_ms is not null")).toEqual(
        [],
      );
    },
  );

  test(
    `[G2] of ${FAMILIES} families of a strict client nothing lives after their token was used ${PARALLEL} times`,
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      await inTurns(FAMILIES, FAMILIES_AT_ONCE, async (count) => {
        const first = await servers.startSession("ann", "strict");
        const answers = await race(first, "strict");
        const granted = answers.filter(({ status }) => status === 200);
        expect(granted.length).toBeLessThanOrEqual(1);
        for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
          expect([status, body["error"]]).toEqual([400, "invalid_grant"]);
        }
        for (const winner of granted) {
          const after = await refresh(count, successorOf(winner), "strict");
          expect([after.status, after.body["error"]]).toEqual([400, "invalid_grant"]);
        }
      });
      const live = "select id from refresh_families where client_id = 'strict' and revoked_at_ms is null";
      expect(await servers.query(live)).toEqual([]);
      expect(await forks(servers)).toEqual([]);
    },
  );

  test(
    `[G2] ${CHAOS_REFRESHES} refreshes with lost answers and double sends sign nobody out`,
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      const random = createRandom(SEED);
      const done = { dropped: 0, doubled: 0, refreshed: 0 };
      await Promise.all(
        Array.from({ length: CHAOS_CLIENTS }, async () => {
          let token = await servers.startSession("ann", "grace");
          while (done.refreshed < CHAOS_REFRESHES) {
            done.refreshed += 1;
            token = await refreshInChaos(token, random, done);
          }
        }),
      );
      // So that it is the chaos that was wanted.
      expect(done.dropped).toBeGreaterThan((done.refreshed * DROPPED_SHARE) / 8);
      expect(done.doubled).toBeGreaterThan((done.refreshed * DUPLICATE_SHARE) / 8);
      expect(await servers.query(signedOut)).toEqual([]);
      expect(await forks(servers)).toEqual([]);
    },
  );

  test(
    `[G2] ${KILLS} servers killed under ${CHAOS_CLIENTS} clients that refresh sign nobody out`,
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      const killing = new AbortController();
      const done = { refreshed: 0, lost: 0 };
      /** Until it has an answer, from whichever server, the client repeats the same. */
      const refreshAnyhow = async (token: string): Promise<string> => {
        for (let attempt = 0; ; attempt++) {
          const answer = await refresh(attempt, token, "grace").catch(() => undefined);
          if (answer?.status === 200) return successorOf(answer);
          if (answer !== undefined && answer.status < 500) throw new Error(`signed out: ${answer.text}`);
          done.lost += 1;
          await sleep(20);
        }
      };
      const clients = Array.from({ length: CHAOS_CLIENTS }, async () => {
        let token = await servers.startSession("ann", "grace");
        while (!killing.signal.aborted) {
          token = await refreshAnyhow(token);
          done.refreshed += 1;
        }
      });
      const all = Promise.all(clients);
      all.catch(() => undefined);
      for (let kill = 0; kill < KILLS; kill++) await servers.killOne(kill % 2);
      killing.abort();
      await all;
      expect(done.lost).toBeGreaterThan(KILLS);
      expect(await servers.query(signedOut)).toEqual([]);
      expect(await forks(servers)).toEqual([]);
    },
  );

  test("the audit of all that is whole", { timeout: TEST_TIMEOUT_MS }, async () => {
    const verdict = await servers.store.auditReader?.verify();
    expect(verdict?.problems).toEqual([]);
    const [{ used } = { used: 0 }] = await servers.query(
      "select count(*) as used from refresh_tokens where consumed_at_ms is not null",
    );
    const [{ told } = { told: 0 }] = await servers.query(
      "select count(*) as told from audit_events where event = 'token.refreshed' and data not like '%replayed%'",
    );
    expect(told).toBe(used);
  });

  /** One refresh by a client whose network loses answers, and which then tries again; resolves to the new token. */
  async function refreshInChaos(
    token: string,
    random: Random,
    done: { dropped: number; doubled: number },
  ): Promise<string> {
    if (random.chance(DROPPED_SHARE)) {
      done.dropped += 1;
      await wire.postAndHangUp(tokenUrl(random.below(2)), formOf(token, "grace"));
    } else if (random.chance(DUPLICATE_SHARE / (1 - DROPPED_SHARE))) {
      done.doubled += 1;
      const [one, other] = await Promise.all([refresh(0, token, "grace"), refresh(1, token, "grace")]);
      expect([one.status, successorOf(one)]).toEqual([200, successorOf(other)]);
      return successorOf(one);
    }
    const answer = await refresh(random.below(2), token, "grace");
    if (answer.status !== 200) throw new Error(`signed out: ${answer.status} ${answer.text}`);
    return successorOf(answer);
  }
});

const signedOut = "select id from refresh_families where client_id = 'grace' and revoked_at_ms is not null";

/** Families with two tokens of one generation, or two that were not used yet. */
function forks(servers: SharedServers): ReturnType<SharedServers["query"]> {
  return servers.query(
    `select family_id from refresh_tokens group by family_id, generation having count(*) > 1
     union select family_id from refresh_tokens where consumed_at_ms is null group by family_id having count(*) > 1`,
  );
}

/** Does `work` so many times, some of them at once. */
async function inTurns(times: number, atOnce: number, work: (count: number) => Promise<void>): Promise<void> {
  let begun = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (begun < times) {
        begun += 1;
        await work(begun);
      }
    }),
  );
}
