import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns, addIndex, numbers, texts } from "./table-parts.ts";

/**
 * A chat becomes a tree of turns, of which one path is shown. What was a list becomes the only path: each turn hangs on
 * the one before it.
 */
export async function createChatTrees(db: Kysely<Tables>): Promise<void> {
  await addColumns(
    db,
    "turns",
    ["parent_turn_id", "parts", "failure_code", "failure_message", "undo"],
    "text",
  );
  await addColumns(db, "turns", ["deleted_at_ms"], "bigint");
  await addColumns(db, "chats", ["head_turn_id"], "text");
  await addColumns(db, "chats", ["pinned", "archived"], "integer not null default 0");
  await addColumns(db, "chats", ["deleted_at_ms"], "bigint");
  await sql`update turns set parent_turn_id = (
    select earlier.id from turns earlier
    where earlier.chat_id = turns.chat_id and earlier.turn_index < turns.turn_index
    order by earlier.turn_index desc limit 1)`.execute(db);
  await sql`update chats set head_turn_id = (
    select id from turns where turns.chat_id = chats.id order by turn_index desc limit 1)`.execute(db);
  await addIndex(db, "turns", "parent", ["chat_id", "parent_turn_id", "turn_index"]);
  await db.schema
    .createTable("turn_pictures")
    .addColumn("turn_id", "text", (c) => c.primaryKey().notNull().references("turns.id").onDelete("cascade"))
    .$call(numbers("width", "height"))
    // Base64: the one form of bytes that both databases, and a copy from one to the other, keep alike.
    .$call(texts("jpeg"))
    .execute();
}
