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
    async inOrder(userId, limit, after) {
      const rows = await db
        .selectFrom("usage_reports")
        .selectAll()
        .where("user_id", "=", userId)
        .$if(after !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple("created_at_ms", "id"), ">", tuple(after?.createdAtMs ?? 0, after?.id ?? "")),
          ),
        )
        .orderBy("created_at_ms")
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        userId: row.user_id,
        hardwareId: row.hardware_id,
        sessionId: row.session_id,
        source: row.source,
        model: row.model,
        inputTokens: row.input_tokens,
        outputTokens: row.output_tokens,
        createdAtMs: row.created_at_ms,
      }));
    },
  };
}
