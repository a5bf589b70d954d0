import { randomUUID } from "node:crypto";
import { sql, type Kysely, type RawBuilder } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import type { Tables } from "../sql/schema.ts";
import type { TurnIndex } from "../search/turn-index.ts";

/**
 * Rows read and written at once. Bounded by the parameters of a statement (32,766 in SQLite, 23 columns a row), and by
 * memory: a turn can hold some hundred thousand characters.
 */
const BATCH_ROWS = 200;

export interface CopySide {
  readonly dialect: "sqlite" | "postgres";
  readonly db: Kysely<Tables>;
  readonly turnIndex: TurnIndex;
}

export interface CopyTable {
  readonly name: keyof Tables;
  /** Columns of its primary key. */
  readonly key: readonly string[];
  /** Those of them that are numbers, which have no collation. */
  readonly numbers?: readonly string[];
  /** Of a table that has rows from the start: the number in them that is 0 until they are used. */
  readonly seeded?: string;
  /** Fewer than usual, where a row is large. */
  readonly batchRows?: number;
}

export type CopyRow = Readonly<Record<string, string | number | null>>;

/**
 * The rows in the order of their key, by code point on both kinds of database, a batch at a time. On PostgreSQL it must
 * be read inside a transaction.
 */
export function readRows(
  { db, dialect }: CopySide,
  table: CopyTable,
  signal: AbortSignal,
): AsyncGenerator<readonly CopyRow[]> {
  return dialect === "postgres" ? readByCursor(db, table, signal) : readByKey(db, table, signal);
}

/** SQLite's primary keys are in this order already. */
async function* readByKey(
  db: Kysely<Tables>,
  { name, key, batchRows = BATCH_ROWS }: CopyTable,
  signal: AbortSignal,
): AsyncGenerator<readonly CopyRow[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  let after: RawBuilder<unknown> = sql`true`;
  for (;;) {
    signal.throwIfAborted();
    const { rows } = await sql<CopyRow>`select * from ${sql.table(name)} where ${after}
      order by ${columns} limit ${batchRows}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = sql`(${columns}) > (${sql.join(key.map((column) => sql.val(last[column])))})`;
  }
}

/** PostgreSQL's are in the order of its language, so it sorts; once, since a cursor keeps the result. */
async function* readByCursor(
  db: Kysely<Tables>,
  { name, key, numbers = [], batchRows = BATCH_ROWS }: CopyTable,
  signal: AbortSignal,
): AsyncGenerator<readonly CopyRow[]> {
  const cursor = sql.id(`copy_${randomUUID().replaceAll("-", "")}`);
  const order = key.map((column) =>
    numbers.includes(column) ? sql.ref(column) : sql`${sql.ref(column)} collate "C"`,
  );
  signal.throwIfAborted();
  await sql`declare ${cursor} no scroll cursor for
    select * from ${sql.table(name)} order by ${sql.join(order)}`.execute(db);
  for (;;) {
    signal.throwIfAborted();
    const { rows } = await sql<CopyRow>`fetch ${sql.lit(batchRows)} from ${cursor}`.execute(db);
    if (rows.length === 0) break;
    yield rows;
  }
  await sql`close ${cursor}`.execute(db);
}

export interface CheckedRow {
  readonly values: CopyRow;
  /** Its primary key, for messages. */
  readonly key: string;
  /** A NUL was in one of its texts. */
  readonly replaced: boolean;
}

/**
 * The row as the target can hold it. PostgreSQL's text has no NUL, which becomes U+FFFD as in everything else that is
 * written there; in a key it is refused, because two rows could become one.
 *
 * @throws PipitError STORAGE_CORRUPT naming the row, for values that no server of ours writes
 */
export function checkedRow(row: CopyRow, table: CopyTable, target: CopySide["dialect"]): CheckedRow {
  const key = keyText(row, table);
  const wrong = Object.entries(row).find(([, value]) => !isCopyable(value));
  if (wrong !== undefined) throw refused(table, key, wrong[0]);
  if (target === "sqlite" || !Object.values(row).some(hasNul)) return { values: row, key, replaced: false };
  const inKey = table.key.find((column) => hasNul(row[column]));
  if (inKey !== undefined) throw refused(table, key, inKey);
  const entries = Object.entries(row).map(([column, value]) => [
    column,
    typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value,
  ]);
  return { values: Object.fromEntries(entries) as CopyRow, key, replaced: true };
}

/** The primary key of a row, for messages. */
export function keyText(row: CopyRow | undefined, table: CopyTable): string {
  return table.key.map((column) => JSON.stringify(row?.[column])).join(" ");
}

/** SQLite takes a blob, a fraction or a number of 64 bits in any column. */
function isCopyable(value: unknown): boolean {
  return value === null || typeof value === "string" || Number.isSafeInteger(value);
}

function hasNul(value: unknown): boolean {
  return typeof value === "string" && value.includes("\0");
}

function refused({ name }: CopyTable, key: string, column: string): PipitError {
  return new PipitError(
    "STORAGE_CORRUPT",
    `The row ${key} of the table ${name} cannot be copied: no server of ours wrote what is in its column ${column}. ` +
      "Correct or delete that row, and copy again. Nothing was kept.",
  );
}
