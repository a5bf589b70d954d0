import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { startPostgres } from "#tools/test/postgres-server.ts";
import { openStore } from "../store.ts";
import { postgresServerUrl, sharedDatabases, type DatabaseStore } from "#server/testing/databases.ts";
import { createEmptyDatabase, queryPostgres } from "#server/testing/postgres-databases.ts";
import { createManualClock, createRecordingLogger } from "#server/testing/temporary-store.ts";
import { inTransaction } from "../sql/transaction.ts";

const chat = { id: "c", userId: "u", title: "Kept", createdAtMs: 1, updatedAtMs: 1 };
const options = (databaseUrl: string) => ({
  databaseUrl,
  clock: createManualClock(),
  logger: createRecordingLogger(),
});

function withPath(url: string, user: string, database: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = "s3cret";
  changed.pathname = `/${database}`;
  return changed.href;
}

describe("openStore on PostgreSQL", () => {
  test("makes the tables of an empty database once, however many servers start at once", async () => {
    await using database = await createEmptyDatabase(postgresServerUrl());
    const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(options(database.url))));
    try {
      for (const store of stores) await store.ping();
      await stores[0]?.chats.create(chat);
      expect(await stores[3]?.chats.find("u", "c")).toMatchObject(chat);
      expect(stores[0]?.dialect).toBe("postgres");
      const names = await queryPostgres(database.url, "select name from kysely_migration");
      expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
    } finally {
      await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
    }
  });

  test("leaves a database of a newer program alone", async () => {
    await using database = await createEmptyDatabase(postgresServerUrl());
    await (await openStore(options(database.url)))[Symbol.asyncDispose]();
    await queryPostgres(
      database.url,
      "insert into kysely_migration values ('9999_future', '2030-01-01T00:00:00Z')",
    );
    const opening = openStore(options(database.url));
    await expect(opening).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(opening).rejects.toThrow(/newer version.*9999_future.*Update Pipit/);
  });

  test.each([
    ["a database that is not there", "pipit", "no_such_database", /no_such_database.*does not let us in/],
    ["a user that is not there", "nobody_here", "postgres", /does not let us in.*nobody_here/],
  ])("names %s, and never the password", async (_name, user, database, message) => {
    const opening = openStore(options(withPath(postgresServerUrl(), user, database)));
    await expect(opening).rejects.toMatchObject({ code: "CONFIG_INVALID", field: "database.url" });
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.not.toThrow(/s3cret/);
  });

  test("names a server that is not there", async () => {
    const opening = openStore(options("postgres://pipit:s3cret@127.0.0.1:9/pipit"));
    await expect(opening).rejects.toMatchObject({ code: "DATABASE_UNREACHABLE", retryable: true });
    await expect(opening).rejects.toThrow(/"pipit" on 127\.0\.0\.1:9.*Start PostgreSQL/);
    await expect(opening).rejects.not.toThrow(/s3cret/);
  });

  test("says so when TLS is asked of a server that has none", async () => {
    const opening = openStore(options(`${postgresServerUrl()}?sslmode=require`));
    await expect(opening).rejects.toMatchObject({ code: "CONFIG_INVALID", field: "database.url" });
    await expect(opening).rejects.toThrow(/sslmode/);
  });
});

describe.each(sharedDatabases)("a store on $name", (kind) => {
  test("gives numbers beyond 32 bits as numbers, and takes a NUL", async () => {
    await using temporary = await kind.open();
    const odd = { ...chat, title: "a\0b", createdAtMs: 9_007_199_254_740_991 };
    await temporary.store.chats.create(odd);
    expect(await temporary.store.chats.find("u", "c")).toMatchObject({ ...odd, title: "a\uFFFDb" });
  });

  test("names a full disk, and goes on when there is room", async () => {
    await using temporary = await kind.open();
    await failing(temporary, "53100");
    await expect(temporary.store.chats.create(chat)).rejects.toMatchObject({ code: "STORAGE_FULL" });
    await temporary.query("drop trigger failing on chats");
    await temporary.store.chats.create(chat);
  });

  test("serves more calls at once than it has connections", async () => {
    await using temporary = await kind.open();
    const { location, clock, logger } = temporary;
    await using small = await openStore({ ...location, clock, logger, maxConnections: 2 });
    await Promise.all(Array.from({ length: 100 }, (_, n) => small.chats.create({ ...chat, id: `c${n}` })));
    expect(await small.chats.list("u", 1000)).toHaveLength(100);
  });

  test("lives on when its connections are cut, at rest and in a transaction", async () => {
    await using temporary = await kind.open();
    const { store, query } = temporary;
    await store.chats.create(chat);
    const cut = () =>
      query(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
    await cut();
    await until(() => store.chats.find("u", "c"));

    const db = await temporary.openDb();
    const failure = inTransaction(db, async (trx) => {
      await sql`select 1`.execute(trx);
      await cut();
      await sql`select 1`.execute(trx);
    });
    await expect(failure).rejects.toMatchObject({ code: "DATABASE_UNREACHABLE" });
    await inTransaction(db, async (trx) => sql`select 1`.execute(trx));
  });

  test("runs a transaction again that lost a deadlock", async () => {
    await using temporary = await kind.open();
    await temporary.store.chats.create(chat);
    await temporary.store.chats.create({ ...chat, id: "d" });
    const db = await temporary.openDb();
    let runs = 0;
    let held = 0;
    const { promise: bothHoldOne, resolve } = Promise.withResolvers<void>();
    const visit = (first: string, second: string) =>
      inTransaction(db, async (trx) => {
        runs++;
        const touch = (id: string) =>
          trx
            .updateTable("chats")
            .set((eb) => ({ updated_at_ms: eb("updated_at_ms", "+", 1) }))
            .where("id", "=", id)
            .execute();
        await touch(first);
        if (++held === 2) resolve();
        await bothHoldOne;
        await touch(second);
      });
    await Promise.all([visit("c", "d"), visit("d", "c")]);
    // Who lost tries again, and may take a row before the winner, which waited for it, has woken: then one loses once more.
    expect(runs).toBeGreaterThanOrEqual(3);
    expect((await temporary.store.chats.list("u", 5)).map((one) => one.updatedAtMs)).toEqual([3, 3]);
  });

  test("gives up on a transaction that never gets through, as something to try again", async () => {
    await using temporary = await kind.open();
    await failing(temporary, "40001");
    const db = await temporary.openDb();
    let runs = 0;
    const row = {
      id: "c",
      user_id: "u",
      title: "",
      created_at_ms: 1,
      updated_at_ms: 1,
      pinned: 0,
      archived: 0,
    };
    const failure = inTransaction(db, async (trx) => {
      runs++;
      await trx.insertInto("chats").values(row).execute();
    });
    await expect(failure).rejects.toMatchObject({ code: "DATABASE_UNREACHABLE", retryable: true });
    expect(runs).toBe(5);
  });
});

test("a store fails clearly while PostgreSQL is stopped, and works again by itself", async () => {
  await using server = await startPostgres(AbortSignal.timeout(60_000));
  const opened = options(withPath(server.url, "pipit", "postgres"));
  await using store = await openStore(opened);
  await Promise.all(Array.from({ length: 5 }, (_, n) => store.chats.create({ ...chat, id: `c${n}` })));
  await server.stop();
  for (const call of [() => store.ping(), () => store.chats.find("u", "c1"), () => store.turns.endLeases()]) {
    const failure = call();
    await expect(failure).rejects.toMatchObject({ code: "DATABASE_UNREACHABLE", retryable: true });
    await expect(failure).rejects.not.toThrow(/127\.0\.0\.1|s3cret/);
  }
  await server.start();
  await store.ping();
  expect(await store.chats.list("u", 10)).toHaveLength(5);
  expect(opened.logger.lines).toContainEqual(
    expect.objectContaining({ level: "warn", event: "store.connection_lost" }),
  );
  expect(JSON.stringify(opened.logger.lines)).not.toContain("s3cret");
});

/** Has PostgreSQL itself refuse every new chat with this SQLSTATE. */
async function failing({ query }: DatabaseStore, state: string): Promise<void> {
  await query(
    `create function fail() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '${state}'; end $$`,
  );
  await query("create trigger failing before insert on chats for each row execute function fail()");
}

/** Until the pool has noticed that its connections are gone; the test's own limit of time bounds it. */
async function until<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch {
      await sleep(5);
    }
  }
}
