import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { numbers, texts } from "./table-parts.ts";

/** Pictures of messages in rooms. */
export async function picturesInRooms(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("room_pictures")
    .addColumn("message_id", "text", (c) =>
      c.primaryKey().notNull().references("room_messages.id").onDelete("cascade"),
    )
    .$call(numbers("width", "height", "size_bytes"))
    // Base64, as in `turn_pictures`. The last column: whoever reads a page of messages reads none of it.
    .$call(texts("jpeg"))
    .execute();
}
