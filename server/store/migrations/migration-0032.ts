import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { optionalTexts, texts } from "./table-parts.ts";

/** Which master key the secrets are sealed with; one row at most. */
export async function nameMasterKey(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("master_key")
    .addColumn("one", "text", (c) => c.primaryKey().notNull())
    .$call(texts("id"))
    .$call(optionalTexts("previous_id", "kept_sealed"))
    .execute();
}
