import { loginKeyOf } from "#contract/account-rules.ts";
import type { Transaction } from "kysely";
import { mentionsIn } from "#contract/rooms/mentions.ts";
import { COMMON_ROOM, type RoomEntry } from "#server/domain/rooms/ports.ts";
import type { Tables } from "../sql/schema.ts";
import type { SyncLog } from "../sync/sync-log.ts";

/**
 * Notes a message for the members whom it names. In the order of their ids, so that two messages which name the same people
 * do not wait for each other.
 */
export async function noteMentions(
  trx: Transaction<Tables>,
  sync: SyncLog,
  { roomId, authorId, text, seq }: Pick<RoomEntry, "roomId" | "authorId" | "text" | "seq">,
): Promise<void> {
  const keys = [...new Set(mentionsIn(text).map(loginKeyOf))];
  if (keys.length === 0) return;
  const members = trx
    .selectFrom("room_members")
    .select("user_id")
    .where("room_id", "=", roomId)
    .where("state", "<>", "invited");
  const named = await trx
    .selectFrom("accounts")
    .select("id")
    .where("login_key", "in", keys)
    .where("is_active", "=", 1)
    .where("id", "<>", authorId)
    .$if(roomId !== COMMON_ROOM, (query) => query.where("id", "in", members))
    .orderBy("id")
    .execute();
  for (const { id: userId } of named)
    await sync.note(trx, { userId, kind: "room.mention", roomId, roomSeq: seq });
}
