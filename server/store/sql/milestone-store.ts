import type { Kysely } from "kysely";
import type { DatabaseTime } from "./database-time.ts";
import type { Tables } from "./schema.ts";

const RESTORE_PROVEN = "restore-proven";

/** Notes that a backup has just been restored and found whole. */
export async function noteRestoreProven(db: Kysely<Tables>, time: DatabaseTime): Promise<void> {
  await db
    .insertInto("milestones")
    .values({ name: RESTORE_PROVEN, at_ms: time() })
    .onConflict((c) => c.column("name").doUpdateSet({ at_ms: time() }))
    .execute();
}

/** When that was last, epoch milliseconds; 0: never. */
export async function restoreProvenAtMs(db: Kysely<Tables>): Promise<number> {
  const row = await db
    .selectFrom("milestones")
    .select("at_ms")
    .where("name", "=", RESTORE_PROVEN)
    .executeTakeFirst();
  return row?.at_ms ?? 0;
}
