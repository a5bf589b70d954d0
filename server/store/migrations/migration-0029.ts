import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns, addIndex, bigNumbers, numbers, texts } from "./table-parts.ts";

/** Answers of the assistant in rooms: those that stand there, and those that a server is to give. */
export async function answerInRooms(db: Kysely<Tables>): Promise<void> {
  // 1: the assistant said it, and its author is who asked.
  await addColumns(db, "room_messages", ["by_assistant"], "integer not null default 0");
  await db.schema
    .createTable("room_answers")
    .addColumn("question_id", "text", (c) => c.primaryKey().notNull())
    .addColumn("room_id", "text", (c) => c.notNull().references("rooms.id").onDelete("cascade"))
    .$call(texts("user_id", "owner_id"))
    .$call(bigNumbers("lease_until_ms"))
    .$call(numbers("stopped"))
    .execute();
  await addIndex(db, "room_answers", "owner", ["owner_id"]);
}
