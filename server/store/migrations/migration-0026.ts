import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addIndex, bigNumbers, optionalTexts, texts } from "./table-parts.ts";

/** What happened to each account, numbered per account; `sync_heads` gives the numbers. */
export async function createSyncLog(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("sync_heads")
    .addColumn("user_id", "text", (c) => c.primaryKey().notNull())
    .$call(bigNumbers("last_seq"))
    .execute();
  await db.schema
    .createTable("sync_log")
    .$call(texts("user_id"))
    .$call(bigNumbers("seq"))
    .$call(texts("kind"))
    .$call(optionalTexts("chat_id", "turn_id"))
    .$call(bigNumbers("at_ms"))
    .addPrimaryKeyConstraint("sync_log_pk", ["user_id", "seq"])
    .execute();
  await addIndex(db, "sync_log", "end", ["at_ms"]);
}
