import type { Kysely } from "kysely";
import type { UsageStore } from "#server/domain/chats/ports.ts";
import type { Tables } from "./schema.ts";

/** {@link UsageStore} on SQL. A report with a known id is the same report sent again, and is not stored twice. */
export function createUsageStore(db: Kysely<Tables>): UsageStore {
  return {
    async add(report) {
      await db
        .insertInto("usage_reports")
        .values({
          id: report.id,
          user_id: report.userId,
          hardware_id: report.hardwareId,
          session_id: report.sessionId,
          source: report.source,
          model: report.model,
          input_tokens: report.inputTokens,
          output_tokens: report.outputTokens,
          created_at_ms: report.createdAtMs,
        })
        .onConflict((c) => c.column("id").doNothing())
        .execute();
    },
  };
}
