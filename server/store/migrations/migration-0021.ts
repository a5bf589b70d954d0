import { sql, type Kysely } from "kysely";
import { dayOf } from "#server/domain/usage/ports.ts";
import type { Tables } from "../sql/schema.ts";
import { bigNumbers, numbers, texts } from "./table-parts.ts";

const DAY_MS = 86_400_000;

/** Adds up what answers and calls of the API have used so far; the latter stood among what clients report. */
export async function createTokenUse(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("token_use")
    .$call(texts("user_id", "day", "model", "chat_id"))
    .$call(numbers("answers", "estimated"))
    .$call(bigNumbers("input_tokens", "output_tokens"))
    .addPrimaryKeyConstraint("token_use_pk", ["user_id", "day", "model", "chat_id"])
    .execute();
  await db.schema
    .createTable("token_limits")
    .addColumn("user_id", "text", (c) => c.primaryKey().notNull())
    .addColumn("tokens_per_day", "bigint")
    .addColumn("tokens_per_month", "bigint")
    .execute();
  const { rows } = await sql<{
    user_id: string;
    day: number;
    model: string;
    chat_id: string;
    answers: number;
    input_tokens: number;
    output_tokens: number;
  }>`select user_id, day, model, chat_id, count(*) as answers, sum(input_tokens) as input_tokens,
      sum(output_tokens) as output_tokens
    from (
      select user_id, finished_at_ms / ${sql.lit(DAY_MS)} as day, model, chat_id, input_tokens, output_tokens
        from turns where model is not null and finished_at_ms is not null
      union all
      select user_id, created_at_ms / ${sql.lit(DAY_MS)}, model, '', input_tokens, output_tokens
        from usage_reports where hardware_id = 'openai-api' and source like 'openai-api%'
    ) as used
    group by user_id, day, model, chat_id`.execute(db);
  for (const { day, ...row } of rows) {
    await db
      .insertInto("token_use")
      .values({ ...row, day: dayOf(day * DAY_MS), estimated: 0 })
      .execute();
  }
  await sql`delete from usage_reports where hardware_id = 'openai-api' and source like 'openai-api%'`.execute(
    db,
  );
}
