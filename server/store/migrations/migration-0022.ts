import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns, addIndex, bigNumbers, numbers, texts } from "./table-parts.ts";

/** Projects, and to which one a chat belongs; when it is removed, to none. */
export async function createProjects(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("projects")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "name", "instructions"))
    .$call(numbers("remembers"))
    .$call(bigNumbers("created_at_ms", "updated_at_ms"))
    .execute();
  await addIndex(db, "projects", "user", ["user_id"]);
  await addColumns(db, "chats", ["project_id"], "text references projects (id) on delete set null");
  await sql`create index chats_by_project on chats (project_id, updated_at_ms, id)
    where project_id is not null`.execute(db);
}
