import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";

/**
 * By the table whose rows are the entries, with ids in the order of their writing. Both change with whatever changes the stems of a
 * text, each with how that database keeps them: an index of another version is made anew in the background, and answers
 * meanwhile with what it has.
 */
export const INDEX_VERSIONS = { turn_search: 2, turn_search_rows: 3 } as const;
type EntryTable = keyof typeof INDEX_VERSIONS;

/** How many entries are to be made anew, at most. From an index of another version on, all that are there now are. */
export async function countOutdated(db: Kysely<Tables>, table: EntryTable): Promise<number> {
  const version = INDEX_VERSIONS[table];
  await sql`update turn_search_state set version = ${version}, outdated = ${lastId(table)}
    where version <> ${version}`.execute(db);
  // To count a million would hold up the event loop.
  const { rows } = await sql<{ n: number }>`select outdated as n from turn_search_state
    where exists (select 1 from ${sql.table(table)} where id <= outdated)`.execute(db);
  return rows[0]?.n ?? 0;
}

/** All entries that are there now are to be made anew. */
export async function outdateAll(db: Kysely<Tables>, table: EntryTable): Promise<void> {
  await sql`update turn_search_state set outdated = ${lastId(table)}`.execute(db);
}

function lastId(table: EntryTable) {
  return sql`(select coalesce(max(id), 0) from ${sql.table(table)})`;
}
