import type { ColumnMetadata, Kysely } from "kysely";
import { sql } from "kysely";
import { copiedTables } from "../store/copy/copy-database.ts";
import type { Tables } from "../store/sql/schema.ts";

/** Rows that one statement writes. */
const BATCH = 100;

/** Texts that databases, drivers and hashes are known to stumble over. */
const texts = [
  "",
  "plain",
  "Ünïcödé Ж 中文 עברית",
  "e\u0301 is not \u00E9",
  "👩‍👩‍👧‍👦 \u{10FFFF}\uFFFD\uE000",
  `'"\`\\ -- ; $1 ? {"a":[1,null]}`,
  "line\nline\r\n\ttab\u0001\u001B\u007F",
  "\u202Eturned\u2028",
  "long ".repeat(100),
];
const numbers = [0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 31, 1_700_000_000_000];
const smallNumbers = [0, 1, 2_147_483_647, -2_147_483_648];

type Value = string | number | null;
/** What a column must hold for the sake of its constraints. */
type Fixed = (column: string, n: number) => Value | undefined;

const parents: Partial<Record<keyof Tables, readonly [column: string, parent: keyof Tables]>> = {
  recovery_codes: ["user_id", "accounts"],
  refresh_tokens: ["family_id", "refresh_families"],
  chats: ["project_id", "projects"],
  turns: ["chat_id", "chats"],
  turn_pictures: ["turn_id", "turns"],
  turn_files: ["turn_id", "turns"],
  chat_summaries: ["turn_id", "turns"],
  room_members: ["room_id", "rooms"],
  room_messages: ["room_id", "rooms"],
  room_pictures: ["message_id", "room_messages"],
  room_answers: ["room_id", "rooms"],
};

/** Puts `rows` rows into every table, with the oddest values that each column takes. */
export async function fillDatabase(db: Kysely<Tables>, rows: number): Promise<void> {
  const known = await db.introspection.getTables();
  for (const { name, key } of copiedTables) {
    const columns = known.find((table) => table.name === name)?.columns ?? [];
    if (name === "audit_chains") {
      await sql`update audit_chains set seq = id * 7, head_hash = 'Ж' || id, mac = 'mac' || id`.execute(db);
      continue;
    }
    const fixed = fixedFor(name, key);
    for (let from = 0; from < rows; from += BATCH) {
      const some = Array.from({ length: Math.min(BATCH, rows - from) }, (_, index) => from + index);
      const values = some.map(
        (n) =>
          sql`(${sql.join(columns.map((column, at) => sql.val(fixed(column.name, n) ?? valueOf(column, n, at))))})`,
      );
      await sql`insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column.name)))})
        values ${sql.join(values)}`.execute(db);
    }
  }
}

/** A key whose order differs between languages and code points. */
function keyOf(table: keyof Tables, n: number): string {
  return `${["a", "B", "é", "Ж", "_", "中"][n % 6]}-${table}-${n}`;
}

function fixedFor(table: keyof Tables, key: readonly string[]): Fixed {
  const parent = parents[table];
  return (column, n) => {
    if (column === parent?.[0]) return keyOf(parent[1], n);
    if (["generation", "turn_index", "seq"].includes(column)) return n;
    if (key.includes(column)) return keyOf(table, n);
    // One local account, one signing key: constraints of ours.
    if (column === "is_local") return 0;
    if (column === "status") return n % 2 === 0 ? "done" : "failed";
    if (unique.has(column)) return `${column} ${n} ${texts[n % texts.length]}`;
    return undefined;
  };
}

const unique: ReadonlySet<string> = new Set([
  "login",
  "login_key",
  "email_key",
  "client_message_id",
  "text_key",
  "state",
  "user_code_hash",
  "uid_hash",
]);

function valueOf({ dataType, isNullable }: ColumnMetadata, n: number, at: number): Value {
  const choice = n * 31 + at * 17;
  if (isNullable && choice % 4 === 0) return null;
  if (/^(bigint|int8)$/i.test(dataType)) return numbers[choice % numbers.length] ?? 0;
  if (/^(integer|int4)$/i.test(dataType)) return smallNumbers[choice % smallNumbers.length] ?? 0;
  return texts[choice % texts.length] ?? "";
}
