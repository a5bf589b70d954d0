import { afterEach, describe, expect, test } from "vitest";
import type { PipitError } from "#contract/pipit-error.ts";
import { systemClock } from "#server/domain/clock.ts";
import { copiedTables, copyDatabase, type CopyOptions } from "./copy-database.ts";
import { openDatabase, type DatabaseHandle } from "../open-database.ts";
import { databases, type EmptyDatabase } from "#server/testing/databases.ts";
import { fillDatabase } from "#server/testing/fill-database.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { sized } from "#tests/testing/test-size.ts";

/** More than a batch (200), and not a multiple of one. */
const ROWS = sized(445, 2_345);

/** Some seconds on a machine that does nothing else. */
const ROUND_TRIP_TIMEOUT_MS = 300_000;

interface TestSide {
  readonly empty: EmptyDatabase;
  readonly handle: DatabaseHandle;
}

let owned = new AsyncDisposableStack();
afterEach(async () => {
  await owned.disposeAsync();
  owned = new AsyncDisposableStack();
});

async function openSide(name: "SQLite" | "PostgreSQL"): Promise<TestSide> {
  const database = databases.find((one) => one.name === name);
  if (database === undefined) throw new Error(`no ${name}`);
  const empty = owned.use(await database.openEmpty());
  const common = { clock: systemClock, logger: createRecordingLogger() };
  const handle = owned.use(
    await openDatabase(
      "file" in empty.location
        ? { ...common, ...empty.location }
        : { ...common, ...empty.location, unlimited: true },
    ),
  );
  await handle.migrate();
  return { empty, handle };
}

const copy = (from: TestSide, to: TestSide, more: Partial<CopyOptions> = {}) =>
  copyDatabase({ from: from.handle, to: to.handle, signal: new AbortController().signal, ...more });

async function countOf({ empty }: TestSide): Promise<number> {
  let rows = 0;
  for (const { name, seeded } of copiedTables) {
    if (seeded !== undefined) continue;
    rows += Number((await empty.query(`select count(*) as "rows" from ${name}`))[0]?.["rows"]);
  }
  return rows;
}

async function insertChat({ empty }: TestSide, id: string, title: string): Promise<void> {
  await empty.query(
    "insert into chats (id, user_id, title, created_at_ms, updated_at_ms) values ($1, 'u', $2, 1, 1)",
    id,
    title,
  );
}

test(
  "everything goes to PostgreSQL and back, and every row is the same",
  async () => {
    const [first, middle, last] = [
      await openSide("SQLite"),
      await openSide("PostgreSQL"),
      await openSide("SQLite"),
    ];
    await fillDatabase(first.handle.db, ROWS);
    const there = await copy(first, middle);
    const back = await copy(middle, last);
    expect(back).toEqual(there);
    expect(there.map(({ table }) => table)).toEqual(copiedTables.map(({ name }) => name));
    for (const { table, rows, replaced } of there) {
      expect({ table, rows, replaced }).toEqual({
        table,
        // The common room is there from the start.
        rows: table === "audit_chains" ? 16 : table === "rooms" ? ROWS + 1 : ROWS,
        replaced: 0,
      });
    }
    expect(new Set(there.map(({ hash }) => hash)).size).toBe(copiedTables.length);
    for (const { name, key } of copiedTables) {
      const select = `select * from ${name} order by ${key.join(", ")}`;
      expect(await last.empty.query(select)).toEqual(await first.empty.query(select));
    }
  },
  ROUND_TRIP_TIMEOUT_MS,
);

test.each(["SQLite", "PostgreSQL"] as const)(
  "no table of %s is left out but the indexes of turns",
  async (name) => {
    const { handle } = await openSide(name);
    const tables = (await handle.db.introspection.getTables()).map((table) => table.name);
    const own = tables.filter((table) => !/^(turn_search|turn_vector|sqlite_)/.test(table));
    expect(own.toSorted()).toEqual(copiedTables.map((table) => String(table.name)).toSorted());
  },
);

describe.each([
  ["SQLite", "PostgreSQL"],
  ["PostgreSQL", "SQLite"],
] as const)("from %s to %s", (fromName, toName) => {
  test("turns are found in the copy by their words, unless they still run", async () => {
    const [from, to] = [await openSide(fromName), await openSide(toName)];
    await insertChat(from, "c", "Chat");
    const insert = (id: string, index: number, status: string) =>
      from.empty.query(
        `insert into turns (id, chat_id, user_id, turn_index, user_text, had_image, assistant_text, status,
          input_tokens, output_tokens, owner_id, lease_until_ms, created_at_ms)
        values ($1, 'c', 'u', $2, 'Where do albatrosses nest?', 0, 'On islands.', $3, 1, 1, 'o', 1, 1)`,
        id,
        index,
        status,
      );
    await insert("t1", 0, "done");
    await insert("t2", 1, "running");
    await copy(from, to);
    const found = await to.handle.turnIndex.find(to.handle.db, {
      userId: "u",
      chatIds: undefined,
      terms: [{ stem: "albatross", prefix: false, word: "albatross", isQuoted: false }],
      needles: [],
      match: "all",
      role: undefined,
      afterMs: undefined,
      beforeMs: undefined,
      titled: [],
    });
    expect(found.map(({ turnId }) => turnId)).toEqual(["t1"]);
  });

  test("a database that has rows already is left as it is", async () => {
    const [from, to] = [await openSide(fromName), await openSide(toName)];
    await insertChat(from, "c1", "One");
    await insertChat(to, "c2", "Two");
    await expect(copy(from, to)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("its table chats has rows"),
    });
    expect(await to.empty.query("select id from chats")).toEqual([{ id: "c2" }]);
  });

  test("nothing is kept of a copy that is cancelled", async () => {
    const [from, to] = [await openSide(fromName), await openSide(toName)];
    await fillDatabase(from.handle.db, 300);
    const cancel = new AbortController();
    const reason = new Error("enough");
    const copying = copy(from, to, {
      signal: cancel.signal,
      onProgress: ({ table }) => table === "refresh_tokens" && cancel.abort(reason),
    });
    await expect(copying).rejects.toBe(reason);
    expect(await countOf(to)).toBe(0);
    expect(await copy(from, to)).toHaveLength(copiedTables.length);
  });
});

test("what others write to PostgreSQL meanwhile is in none of the copied tables", async () => {
  const [from, to] = [await openSide("PostgreSQL"), await openSide("SQLite")];
  await fillDatabase(from.handle.db, 10);
  // Written when the accounts are copied, and there before the turns are indexed, which comes last.
  let written: Promise<unknown> | undefined;
  const copied = await copy(from, to, {
    onProgress: () => void (written ??= insertChat(from, "late", "Late")),
  });
  await written;
  expect(await from.empty.query("select id from chats where id = 'late'")).toHaveLength(1);
  expect(copied.find(({ table }) => table === "chats")?.rows).toBe(10);
  expect(await to.empty.query("select id from chats where id = 'late'")).toEqual([]);
});

describe("what PostgreSQL cannot hold", () => {
  test("a NUL in a text becomes U+FFFD as everywhere else, and its row is told", async () => {
    const [from, to] = [await openSide("SQLite"), await openSide("PostgreSQL")];
    await insertChat(from, "c1", "a\0b\0");
    await insertChat(from, "c2", "plain");
    const told: string[] = [];
    const copied = await copy(from, to, { onReplaced: (table, key) => void told.push(`${table} ${key}`) });
    expect(told).toEqual(['chats "c1"']);
    expect(copied.find(({ table }) => table === "chats")).toMatchObject({ rows: 2, replaced: 1 });
    expect(await to.empty.query("select title from chats order by id")).toEqual([
      { title: "a\uFFFDb\uFFFD" },
      { title: "plain" },
    ]);
  });

  test.each([
    ["a NUL in a key", "'c' || char(0)", "1", /row "c\\u0000" of the table chats .* its column id\b/],
    ["an integer over 2^53", "'c'", "9007199254740993", /row "c" .* its column created_at_ms\b/],
    ["a fraction", "'c'", "1.5", /row "c" .* its column created_at_ms\b/],
    ["a blob", "'c'", "x'00ff'", /row "c" .* its column created_at_ms\b/],
    ["a text in place of a number", "'c'", "'soon'", /table chats between "c" and "c": .*bigint/],
  ])("%s is refused, its row named, and nothing is kept", async (_what, id, createdAtMs, message) => {
    const [from, to] = [await openSide("SQLite"), await openSide("PostgreSQL")];
    await fillDatabase(from.handle.db, 3);
    await from.empty.query("delete from chats");
    await from.empty.query(
      `insert into chats (id, user_id, title, created_at_ms, updated_at_ms) values (${id}, 'u', 't', ${createdAtMs}, 1)`,
    );
    const error = await copy(from, to).then(
      () => undefined,
      (reason: PipitError) => reason,
    );
    expect(error).toMatchObject({ code: "STORAGE_CORRUPT", message: expect.stringMatching(message) });
    expect(await countOf(to)).toBe(0);
  });
});
