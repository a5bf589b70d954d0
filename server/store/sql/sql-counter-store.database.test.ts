import Database from "better-sqlite3";
import { Kysely } from "kysely";
import { describe, expect, test } from "vitest";
import { testCounterStore } from "#server/testing/counter-store-kit.ts";
import { limitRules } from "#server/domain/limits/rules.ts";
import { openPostgres } from "../postgres/open-postgres.ts";
import type { Tables } from "./schema.ts";
import { createSqlCounterStore } from "./sql-counter-store.ts";
import { ServerSqliteDialect, SharedSqlite } from "../sqlite/sqlite-dialect.ts";
import {
  databases,
  sharedDatabases,
  type DatabaseStore,
  type TestDatabase,
} from "#server/testing/databases.ts";

/** A connection of our own to the database of a store. */
function connect({ location, logger }: DatabaseStore): Kysely<Tables> {
  return "file" in location
    ? new Kysely<Tables>({
        dialect: new ServerSqliteDialect(new SharedSqlite(new Database(location.file)), false),
      })
    : openPostgres({ ...location, logger }).db;
}

async function openCounters(open: TestDatabase["open"], time: "caller" | "database" = "caller") {
  await using opened = new AsyncDisposableStack();
  const temporary = opened.use(await open());
  const db = connect(temporary);
  opened.defer(() => db.destroy());
  const owned = opened.move();
  return {
    temporary,
    counters: createSqlCounterStore({ db, time }),
    /** As another server has them. */
    second: () => {
      const other = connect(temporary);
      owned.defer(() => other.destroy());
      return createSqlCounterStore({ db: other, time });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const nowMs = 1_700_000_000_000;

describe.each(databases)("counters on $name", ({ open }) => {
  testCounterStore(() => openCounters(open));

  test("survive a restart", async () => {
    await using opened = await openCounters(open);
    for (let count = 0; count < 5; count++) {
      const reservation = await opened.counters.reserve("key", limitRules.lockout, nowMs);
      const ticket = reservation.kind === "granted" ? reservation.ticket : 0;
      await opened.counters.settle("key", limitRules.lockout, { outcome: "failed", ticket }, nowMs);
    }
    expect(await opened.second().reserve("key", limitRules.lockout, nowMs + 1000)).toEqual({
      kind: "blocked",
      retryAfterMs: 899_000,
    });
  });

  test("that are over are removed now and then, those that still say something are not", async () => {
    await using opened = await openCounters(open);
    const { counters, temporary } = opened;
    await counters.reserve("window", limitRules.username, nowMs);
    for (let count = 0; count < 5; count++) {
      const reservation = await counters.reserve("locked", limitRules.lockout, nowMs);
      const ticket = reservation.kind === "granted" ? reservation.ticket : 0;
      await counters.settle("locked", limitRules.lockout, { outcome: "failed", ticket }, nowMs);
    }
    for (let key = 0; key < 150; key++) await counters.reserve(`old${key}`, limitRules.ip, nowMs);
    const later = nowMs + 960_000;
    for (let key = 0; key < 150; key++) await counters.reserve(`new${key}`, limitRules.ip, later);
    const rows = await temporary.query("select key_hash from attempt_counters order by key_hash");
    const keys = rows.map((row) => row["key_hash"]);
    expect(keys).toContain("window");
    expect(keys).toContain("locked");
    expect(keys.filter((key) => String(key).startsWith("old"))).toEqual([]);
    expect(keys.filter((key) => String(key).startsWith("new"))).toHaveLength(150);
  });
});

describe.each(sharedDatabases)("counters of two servers on $name", ({ open }) => {
  test("are the same ones: of two hundred at once on each, as many get in as may fail", async () => {
    await using opened = await openCounters(open, "database");
    const stores = [opened.counters, opened.second()];
    const all = await Promise.all(
      Array.from({ length: 400 }, (_, count) => stores[count % 2]?.reserve("key", limitRules.lockout, nowMs)),
    );
    expect(all.filter((one) => one?.kind === "granted")).toHaveLength(5);
    expect(all.filter((one) => one?.kind === "busy")).toHaveLength(395);
  });

  test("go by the database's clock, whatever the servers' clocks say", async () => {
    await using opened = await openCounters(open, "database");
    const { counters } = opened;
    for (let count = 0; count < 5; count++) {
      const skewedMs = nowMs + (count % 2) * 600_000;
      const reservation = await counters.reserve("key", limitRules.ip, skewedMs);
      const ticket = reservation.kind === "granted" ? reservation.ticket : 0;
      await counters.settle("key", limitRules.ip, { outcome: "failed", ticket }, -skewedMs);
    }
    for (const skewedMs of [0, nowMs, nowMs * 2]) {
      expect(await counters.reserve("key", limitRules.ip, skewedMs)).toMatchObject({ kind: "blocked" });
    }
  });
});
