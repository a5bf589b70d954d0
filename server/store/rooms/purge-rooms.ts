import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";

/** Messages of one statement: others wait for it. */
const BATCH = 500;

/** Removes the rooms that their last member has left, with all that was said in them. Resolves to how many messages that was. */
export async function purgeRooms(db: Kysely<Tables>, signal: AbortSignal): Promise<number> {
  let purged = 0;
  while (!signal.aborted) {
    // A literal, as in the index of them.
    const abandoned = db.selectFrom("rooms").select("rooms.id").where("abandoned", "=", sql.lit(1));
    const some = db.selectFrom("room_messages").select("id").where("room_id", "in", abandoned).limit(BATCH);
    const { numDeletedRows } = await db
      .deleteFrom("room_messages")
      .where("id", "in", some)
      .executeTakeFirst();
    purged += Number(numDeletedRows);
    if (numDeletedRows > 0n) continue;
    await db.deleteFrom("rooms").where("abandoned", "=", sql.lit(1)).execute();
    break;
  }
  return purged;
}
