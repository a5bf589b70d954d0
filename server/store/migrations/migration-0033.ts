import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { bigNumbers } from "./table-parts.ts";

/** When something that is to happen now and then has happened last: `restore-proven`. */
export async function createMilestones(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("milestones")
    .addColumn("name", "text", (c) => c.primaryKey().notNull())
    .$call(bigNumbers("at_ms"))
    .execute();
}
