import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns, addIndex } from "./table-parts.ts";

/** Invitations, owners and read marks; what happened in a room besides messages; edits, deletions and answers. */
export async function growRooms(db: Kysely<Tables>): Promise<void> {
  await addColumns(db, "rooms", ["updated_at_ms"], "bigint not null default 0");
  // 1: its last member has left, and it is to be wiped.
  await addColumns(db, "rooms", ["abandoned"], "integer not null default 0");
  await sql`create index rooms_abandoned on rooms (id) where abandoned = 1`.execute(db);
  await addColumns(db, "room_members", ["state"], "text not null default 'member'");
  await addColumns(db, "room_members", ["invited_by"], "text");
  await addColumns(db, "room_members", ["read_seq"], "bigint not null default 0");
  await addColumns(db, "room_messages", ["kind"], "text not null default 'message'");
  await addColumns(db, "room_messages", ["changes", "reply_to"], "text");
  await addColumns(db, "room_messages", ["edited_at_ms", "deleted_at_ms"], "bigint");
  await sql`update rooms set updated_at_ms =
    coalesce((select max(sent_at_ms) from room_messages where room_id = rooms.id), created_at_ms)`.execute(
    db,
  );
  await addIndex(db, "room_messages", "author", ["author_id", "room_id", "seq"]);
}
