import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns } from "./table-parts.ts";

/** Changes that are of rooms: which room, and which entry of it. */
export async function tellOfRooms(db: Kysely<Tables>): Promise<void> {
  await addColumns(db, "sync_log", ["room_id"], "text");
  await addColumns(db, "sync_log", ["room_seq"], "bigint");
}
