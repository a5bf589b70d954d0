import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addIndex } from "./table-parts.ts";

/** Lets what was kept long enough be found without a look at all the rest. */
export async function indexOldRows(db: Kysely<Tables>): Promise<void> {
  await sql`create index refresh_tokens_used on refresh_tokens (expires_at_ms) where consumed_at_ms is not null`.execute(
    db,
  );
  await addIndex(db, "usage_reports", "time", ["created_at_ms"]);
  await addIndex(db, "token_use", "day", ["day"]);
}
