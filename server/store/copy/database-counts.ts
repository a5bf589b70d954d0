import { sql } from "kysely";
import { copiedTables } from "./copy-database.ts";
import type { DatabaseHandle } from "../open-database.ts";

/** How many rows each table has. */
export async function countRows({
  db,
}: Pick<DatabaseHandle, "db">): Promise<readonly { readonly table: string; readonly rows: number }[]> {
  const counts = [];
  for (const { name } of copiedTables) {
    const { rows } = await sql<{ rows: number }>`select count(*) as "rows" from ${sql.table(name)}`.execute(
      db,
    );
    counts.push({ table: name, rows: rows[0]?.rows ?? 0 });
  }
  return counts;
}
