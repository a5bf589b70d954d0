import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns, bigNumbers, optionalBigNumbers, optionalTexts, texts } from "./table-parts.ts";

/** What people want remembered, the switch for it, and which chats have a title of their own. */
export async function createMemories(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("memories")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "text", "text_key"))
    .$call(optionalTexts("source_turn"))
    .$call(bigNumbers("created_at_ms", "updated_at_ms"))
    .$call(optionalBigNumbers("deleted_at_ms"))
    .execute();
  // Of two that say the same one is kept, also when two servers hear of them at once.
  await sql`create unique index memories_once on memories (user_id, text_key)
    where deleted_at_ms is null`.execute(db);
  await sql`create index memories_deleted on memories (deleted_at_ms) where deleted_at_ms is not null`.execute(
    db,
  );
  await addColumns(db, "accounts", ["remembers"], "integer not null default 1");
  await addColumns(db, "chats", ["titled"], "integer not null default 0");
}
