import type { Kysely } from "kysely";
import { COMMON_ROOM } from "#server/domain/rooms/ports.ts";
import type { Tables } from "../sql/schema.ts";
import { addIndex, bigNumbers, optionalTexts, texts } from "./table-parts.ts";

/** Rooms, who is in them, and what was said; the common room is there from the start. */
export async function createRooms(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("rooms")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .$call(texts("name"))
    // Each message takes the next number in the transaction that stores it, so that numbers are in the order of commits.
    .addColumn("last_seq", "bigint", (c) => c.notNull().defaultTo(0))
    .$call(bigNumbers("created_at_ms"))
    .execute();
  await db.schema
    .createTable("room_members")
    .addColumn("room_id", "text", (c) => c.notNull().references("rooms.id").onDelete("cascade"))
    .$call(texts("user_id"))
    .$call(bigNumbers("joined_at_ms"))
    .addPrimaryKeyConstraint("room_members_pk", ["room_id", "user_id"])
    .execute();
  await addIndex(db, "room_members", "user", ["user_id"]);
  await db.schema
    .createTable("room_messages")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .addColumn("room_id", "text", (c) => c.notNull().references("rooms.id").onDelete("cascade"))
    .$call(bigNumbers("seq"))
    .$call(texts("author_id", "text"))
    .$call(bigNumbers("sent_at_ms"))
    .$call(optionalTexts("client_message_id"))
    // Null is never equal to null: clients that send no id are not held to one message.
    .addUniqueConstraint("room_messages_once", ["author_id", "client_message_id"])
    .execute();
  await addIndex(db, "room_messages", "seq", ["room_id", "seq"], "unique");
  await db.insertInto("rooms").values({ id: COMMON_ROOM, name: "", created_at_ms: 0 }).execute();
}
