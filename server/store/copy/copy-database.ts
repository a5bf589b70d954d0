import { createHash, type Hash } from "node:crypto";
import { sql, type Kysely } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import { checkedRow, keyText, readRows, type CopyRow, type CopySide, type CopyTable } from "./copy-rows.ts";
import type { Tables } from "../sql/schema.ts";

/**
 * Every table with the columns of its primary key, in an order in which references point backwards. The search index is
 * not among them: it belongs to one kind of database and is made anew.
 */
export const copiedTables: readonly CopyTable[] = [
  { name: "accounts", key: ["id"] },
  { name: "recovery_codes", key: ["user_id", "code_hash"] },
  { name: "oauth_clients", key: ["client_id"] },
  { name: "master_key", key: ["one"] },
  { name: "signing_keys", key: ["kid"] },
  { name: "refresh_families", key: ["id"] },
  { name: "refresh_tokens", key: ["hash"] },
  { name: "revoked_access_tokens", key: ["jti"] },
  { name: "web_sessions", key: ["hash"] },
  { name: "one_time_tokens", key: ["hash"] },
  { name: "api_keys", key: ["hash"] },
  { name: "oidc_payloads", key: ["model", "id_hash"] },
  { name: "attempt_counters", key: ["key_hash"] },
  // A fresh database has rows in it already; they are replaced.
  { name: "audit_chains", key: ["id"], numbers: ["id"], seeded: "seq" },
  { name: "audit_events", key: ["id"] },
  { name: "projects", key: ["id"] },
  { name: "chats", key: ["id"] },
  { name: "turns", key: ["id"] },
  { name: "turn_pictures", key: ["turn_id"], batchRows: 10 },
  { name: "turn_files", key: ["turn_id"], batchRows: 10 },
  { name: "chat_summaries", key: ["turn_id"] },
  { name: "memories", key: ["id"] },
  { name: "usage_reports", key: ["id"] },
  { name: "token_use", key: ["user_id", "day", "model", "chat_id"] },
  { name: "token_limits", key: ["user_id"] },
  { name: "rooms", key: ["id"], seeded: "last_seq" },
  { name: "room_members", key: ["room_id", "user_id"] },
  { name: "room_messages", key: ["id"] },
  { name: "room_pictures", key: ["message_id"], batchRows: 10 },
  { name: "room_answers", key: ["question_id"] },
  { name: "sync_heads", key: ["user_id"] },
  { name: "sync_log", key: ["user_id", "seq"], numbers: ["seq"] },
  { name: "events", key: ["user_id", "event_id"], batchRows: 20 },
  { name: "model_choices", key: ["user_id", "chat_id"] },
  { name: "model_connection", key: ["id"] },
  { name: "milestones", key: ["name"] },
];

export interface CopiedTable {
  readonly table: string;
  readonly rows: number;
  /** SHA-256 over the rows in the order of their key, hex, of both sides; when they differ, nothing was kept. */
  readonly hash: string;
  /** Rows in which a character was replaced that PostgreSQL cannot hold; the hash is that of the replaced rows. */
  readonly replaced: number;
}

/** Where it is: rows of a table that were written, or read again, or turns that were indexed. */
interface CopyProgress {
  readonly table: string;
  readonly step: "copied" | "compared" | "indexed";
  readonly rows: number;
}

export interface CopyOptions {
  readonly from: CopySide;
  /** Its schema is up to date. */
  readonly to: CopySide;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Told of each row in which a NUL became U+FFFD, as it does in everything that is written to PostgreSQL. */
  readonly onReplaced?: (table: string, key: string) => void;
}

/**
 * Copies everything into an empty database, in one transaction, and compares both sides row by row before it commits.
 * The source is read as of one moment, whatever other programs write to it meanwhile.
 *
 * @throws PipitError CONFIG_INVALID when the target has rows already, STORAGE_CORRUPT naming a row that the other kind of
 *   database cannot hold, INTERNAL when a table did not arrive as it was, or the reason of `signal`. Nothing is kept then.
 */
export async function copyDatabase(options: CopyOptions): Promise<readonly CopiedTable[]> {
  const { from, to } = options;
  return snapshotOf(from, (source) =>
    to.db.transaction().execute(async (trx) => {
      const target = { ...to, db: trx };
      await refuseFilled(trx);
      const copied: CopiedTable[] = [];
      for (const table of copiedTables) copied.push(await copyTable(table, source, target, options));
      await indexTurns(target, options);
      return copied;
    }),
  );
}

/** SQLite's one writer lock is held meanwhile; PostgreSQL keeps the old rows for us. */
function snapshotOf<T>(side: CopySide, work: (side: CopySide) => Promise<T>): Promise<T> {
  const transaction = side.db.transaction();
  const begun =
    side.dialect === "postgres"
      ? transaction.setIsolationLevel("repeatable read").setAccessMode("read only")
      : transaction;
  return begun.execute((trx) => work({ ...side, db: trx }));
}

async function refuseFilled(db: Kysely<Tables>): Promise<void> {
  for (const { name, seeded } of copiedTables) {
    const filled = seeded === undefined ? sql`true` : sql`${sql.ref(seeded)} > 0`;
    const { rows } = await sql`select 1 from ${sql.table(name)} where ${filled} limit 1`.execute(db);
    if (rows.length > 0) {
      throw new PipitError(
        "CONFIG_INVALID",
        `The target database is not empty: its table ${name} has rows. Copy into a new one, in which no server was ` +
          "ever started. Nothing was changed.",
      );
    }
  }
}

async function copyTable(
  table: CopyTable,
  source: CopySide,
  target: CopySide,
  { signal, onProgress, onReplaced }: CopyOptions,
): Promise<CopiedTable> {
  const { name } = table;
  if (table.seeded !== undefined) await sql`delete from ${sql.table(name)}`.execute(target.db);
  const hash = createHash("sha256");
  let rows = 0;
  let replaced = 0;
  for await (const batch of readRows(source, table, signal)) {
    const checked = batch.map((row) => checkedRow(row, table, target.dialect));
    for (const row of checked) {
      if (row.replaced) onReplaced?.(name, row.key);
      hash.update(canonical(row.values));
    }
    await insert(
      target.db,
      table,
      checked.map(({ values }) => values),
    );
    rows += batch.length;
    replaced += checked.filter((row) => row.replaced).length;
    onProgress?.({ table: name, step: "copied", rows });
  }
  const sent = hash.digest("hex");
  const arrived = await hashOf(target, table, { signal, onProgress });
  if (arrived !== sent) {
    throw new PipitError(
      "INTERNAL",
      `The table ${name} did not arrive as it was (SHA-256 ${sent} was sent, ${arrived} arrived). Nothing was kept.`,
    );
  }
  return { table: name, rows, hash: arrived, replaced };
}

/** Reads the table again, as the target has it. */
async function hashOf(
  side: CopySide,
  table: CopyTable,
  { signal, onProgress }: Pick<CopyOptions, "signal"> & { readonly onProgress: CopyOptions["onProgress"] },
): Promise<string> {
  const hash: Hash = createHash("sha256");
  let rows = 0;
  for await (const batch of readRows(side, table, signal)) {
    for (const row of batch) hash.update(canonical(row));
    rows += batch.length;
    onProgress?.({ table: table.name, step: "compared", rows });
  }
  return hash.digest("hex");
}

async function insert(db: Kysely<Tables>, table: CopyTable, rows: readonly CopyRow[]): Promise<void> {
  const { name } = table;
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => sql.val(row[column] ?? null)))})`);
  try {
    await sql`insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column)))})
      values ${sql.join(values)}`.execute(db);
  } catch (reason) {
    // Anything else is a fault of the database itself and says so.
    if (!(reason instanceof PipitError) || reason.code !== "INTERNAL") throw reason;
    throw new PipitError(
      "STORAGE_CORRUPT",
      `The target refuses a row of the table ${name} between ${keyText(first, table)} and ${keyText(rows.at(-1), table)}: ` +
        `${causeText(reason)}. Correct or delete it, and copy again. Nothing was kept.`,
      { cause: reason },
    );
  }
}

function causeText({ cause }: PipitError): string {
  return cause instanceof Error ? cause.message : "for no reason that it names";
}

/** A row as text, its columns sorted by name: the databases may order them differently. */
function canonical(row: CopyRow): string {
  const entries = Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(entries)}\n`;
}

async function indexTurns(side: CopySide, { signal, onProgress }: CopyOptions): Promise<void> {
  let rows = 0;
  for await (const batch of readRows(side, { name: "turns", key: ["id"] }, signal)) {
    for (const row of batch) {
      rows++;
      // A turn that was never finished has no answer yet, and is indexed when it has one; a deleted one is not.
      if (row["status"] === "running" || row["deleted_at_ms"] !== null) continue;
      await side.turnIndex.write(side.db, {
        turnId: String(row["id"]),
        chatId: String(row["chat_id"]),
        userId: String(row["user_id"]),
        userText: String(row["user_text"]),
        assistantText: String(row["assistant_text"]),
        createdAtMs: Number(row["created_at_ms"]),
      });
    }
    onProgress?.({ table: "turns", step: "indexed", rows });
  }
}

/** How many rows each table has. */
export async function countRows(
  db: Kysely<Tables>,
): Promise<readonly { readonly table: string; readonly rows: number }[]> {
  const counts = [];
  for (const { name } of copiedTables) {
    const count = sql<{ rows: number }>`select count(*) as "rows" from ${sql.table(name)}`;
    const [row] = (await count.execute(db)).rows;
    counts.push({ table: name, rows: row?.rows ?? 0 });
  }
  return counts;
}
