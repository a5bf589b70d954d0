import { sql, type CreateTableBuilder, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";

/** Columns that are never null. */
export const texts = columnsOf("text", "never null");
export const numbers = columnsOf("integer", "never null");
export const bigNumbers = columnsOf("bigint", "never null");
/** Columns that may be null. */
export const optionalTexts = columnsOf("text", "may be null");
export const optionalBigNumbers = columnsOf("bigint", "may be null");

/** @example db.schema.createTable("chats").$call(texts("user_id", "title")) */
function columnsOf(type: "text" | "integer" | "bigint", nulls: "never null" | "may be null") {
  return <const Name extends string>(...names: readonly Name[]) =>
    <Table extends string, Known extends string>(
      table: CreateTableBuilder<Table, Known>,
    ): CreateTableBuilder<Table, Known | Name> =>
      names.reduce<CreateTableBuilder<Table, Known | Name>>(
        (made, name) => made.addColumn(name, type, (c) => (nulls === "never null" ? c.notNull() : c)),
        table,
      );
}

/** Adds columns to a table that is there; one a statement, since SQLite takes no more. */
export async function addColumns(
  db: Kysely<Tables>,
  table: keyof Tables,
  columns: readonly string[],
  type: string,
): Promise<void> {
  for (const column of columns) {
    await sql`alter table ${sql.raw(table)} add column ${sql.ref(column)} ${sql.raw(type)}`.execute(db);
  }
}

/** Makes the index `<table>_by_<name>`. */
export async function addIndex(
  db: Kysely<Tables>,
  table: string,
  name: string,
  columns: readonly string[],
  unique: "unique" | "several" = "several",
): Promise<void> {
  const index = db.schema
    .createIndex(`${table}_by_${name}`)
    .on(table)
    .columns([...columns]);
  await (unique === "unique" ? index.unique() : index).execute();
}
