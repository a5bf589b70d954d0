import { describe, expect, test } from "vitest";
import { sized } from "#tests/testing/test-size.ts";
import { sharedDatabases } from "#server/testing/databases.ts";
import { openStore } from "../store.ts";
import { inTransaction } from "../sql/transaction.ts";
import { beginning, chat, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";

describe.each(sharedDatabases)("two servers on one $name", (database) => {
  async function openTwo() {
    const temporary = await openStoreWithChat(database);
    const second = await temporary.openSecond();
    return { ...temporary, serverOf: (n: number) => (n % 2 === 0 ? temporary.store : second) };
  }

  test("insert a message once and give every turn its own index", async () => {
    await using two = await openTwo();
    const beginAll = [0, 1].flatMap((server) =>
      ["shared", ...Array.from({ length: 20 }, (_, n) => `${server}-${n}`)].map(async (message) => {
        const ids = { turnId: `${server}-${message}`, clientMessageId: message, ownerId: `server-${server}` };
        return { message, ...(await two.serverOf(server).turns.begin(beginning(ids))) };
      }),
    );
    const results = await Promise.all(beginAll);
    const shared = results.filter(({ message }) => message === "shared");
    expect(shared.filter(({ begun }) => begun)).toHaveLength(1);
    expect(new Set(shared.map(({ turn }) => turn.id)).size).toBe(1);
    const indexes = results.filter(({ begun }) => begun).map(({ turn }) => turn.index);
    expect(indexes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 41 }, (_, n) => n));
  });

  test("insert one message once also when they know it under different chats", async () => {
    await using two = await openTwo();
    await two.store.chats.create({ ...chat, id: "chat-2" });
    const results = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        two.serverOf(n).turns.begin(beginning({ turnId: `turn-${n}`, chatId: `chat-${1 + (n % 2)}` })),
      ),
    );
    expect(results.filter(({ begun }) => begun)).toHaveLength(1);
    expect(new Set(results.map(({ turn }) => turn.id)).size).toBe(1);
  });

  test.each(["failed", "cancelled", "left behind"] as const)(
    "start a turn again that was %s: one of them, and the others learn who",
    async (state) => {
      await using two = await openTwo();
      await two.store.turns.begin(beginning());
      if (state !== "left behind") await two.store.turns.finish(ending({ status: state }));
      two.clock.advance(5000);
      const results = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          two.serverOf(n).turns.begin(beginning({ ownerId: `owner-${n}`, nowMs: 5000 })),
        ),
      );
      const [winner, ...more] = results.filter(({ begun }) => begun);
      expect(more).toEqual([]);
      for (const { turn } of results) {
        expect(turn).toMatchObject({
          status: "running",
          ownerId: winner?.turn.ownerId,
          leaseUntilMs: two.clock.nowMs() + 100,
        });
      }
    },
  );

  test("S10: do not take each other's running turns, however far their clocks are apart", async () => {
    await using temporary = await openStoreWithChat(database);
    const open = (aheadMs: number) =>
      openStore({
        ...(temporary.location as { databaseUrl: string }),
        clock: { nowMs: () => Date.now() + aheadMs },
        logger: temporary.logger,
      });
    await using late = await open(-30_000);
    await using early = await open(30_000);
    const asked = (ownerId: string, aheadMs: number) =>
      beginning({ ownerId, leaseMs: 50_000, nowMs: Date.now() + aheadMs });
    expect(await late.turns.begin(asked("late", -30_000))).toMatchObject({ begun: true });
    expect(await early.turns.begin(asked("early", 30_000))).toMatchObject({
      begun: false,
      turn: { ownerId: "late" },
    });
    await late.turns.renewLeases("late", ["turn-1"], 0);
    expect(await early.turns.begin(asked("early", 30_000))).toMatchObject({ begun: true });
    expect(await late.turns.begin(asked("late", -30_000))).toMatchObject({ begun: false });
  });

  test("CMR-D7: do not wipe what the other is restoring", async () => {
    await using two = await openTwo();
    for (const turnId of ["turn-1", "turn-2"]) {
      await two.store.turns.begin(beginning({ turnId, clientMessageId: turnId }));
      await two.store.turns.finish(ending({ turnId, assistantText: "walrus" }));
    }
    await two.store.turns.remove("user-1", "chat-1", "turn-1");
    const release = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    // The turn that follows the restored one is another's for now.
    const other = inTransaction(await two.openDb(), async (trx) => {
      await trx.updateTable("turns").set({ had_image: 0 }).where("id", "=", "turn-2").execute();
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    const restored = two.store.turns.restore("user-1", "chat-1", "turn-1");
    const waiting = (count: number) =>
      expect
        .poll(() =>
          two.query(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
          ),
        )
        .toHaveLength(count);
    await waiting(1);
    two.clock.advance(10_000);
    const wiped = two.serverOf(1).purgeDeleted(new AbortController().signal);
    await Promise.race([wiped, waiting(2)]);
    release.resolve();
    expect(await Promise.all([wiped, restored, other])).toEqual([0, undefined, undefined]);
    const path = await two.store.turns.recent("user-1", "chat-1", 5);
    expect(path.map(({ id, assistantText }) => [id, assistantText])).toEqual([
      ["turn-2", "walrus"],
      ["turn-1", "walrus"],
    ]);
  });

  test("end turns, begin new ones and lose their chat at once without an error of the database", async () => {
    await using two = await openTwo();
    const calls = Array.from({ length: sized(12, 40) }, async (_, n) => {
      const { turns } = two.serverOf(n);
      const turnId = `turn-${n}`;
      await turns.begin(beginning({ turnId, clientMessageId: turnId }));
      await turns.finish(ending({ turnId }));
    });
    const settled = Promise.allSettled(calls);
    await Promise.race(calls);
    await inTransaction(await two.openDb(), async (trx) => trx.deleteFrom("chats").execute());
    const problems = (await settled).flatMap((result) =>
      result.status === "rejected" ? [result.reason] : [],
    );
    expect(problems.filter((problem: { code: string }) => problem.code !== "CHAT_NOT_FOUND")).toEqual([]);
  });
});
