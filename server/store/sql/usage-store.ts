import type { Kysely } from "kysely";
import type { UsageStore } from "#server/domain/chats/ports.ts";
import type { Tables } from "./schema.ts";
import { rowOf } from "./stored-values.ts";

/** {@link UsageStore} on SQL. A report with a known id is the same report sent again, and is not stored twice. */
export function createUsageStore(db: Kysely<Tables>): UsageStore {
  return {
    async add(report) {
      await db
        .insertInto("usage_reports")
        .values(rowOf(report))
        .onConflict((c) => c.column("id").doNothing())
        .execute();
    },
  };
}
