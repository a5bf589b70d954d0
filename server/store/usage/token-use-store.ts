import { sql, type Kysely } from "kysely";
import {
  dayOf,
  type TokenUse,
  type TokenUseStore,
  type UsedBy,
  type UsedSum,
} from "#server/domain/usage/ports.ts";
import type { Tables } from "../sql/schema.ts";

const MAX_SUMS = 500;

/** {@link TokenUseStore} on SQL. */
export function createTokenUseStore(db: Kysely<Tables>): TokenUseStore {
  return {
    add: (use) => addUse(db, use),

    sums: (userId, range, by) => sumsOf(db, userId, range, by),

    async all(userId) {
      const rows = await db
        .selectFrom("token_use")
        .selectAll()
        .where("user_id", "=", userId)
        .orderBy("day")
        .orderBy("model")
        .orderBy("chat_id")
        .execute();
      return rows.map((row) => ({
        day: row.day,
        model: row.model,
        chatId: row.chat_id === "" ? undefined : row.chat_id,
        inputTokens: row.input_tokens,
        outputTokens: row.output_tokens,
        answers: row.answers,
        estimated: row.estimated,
      }));
    },

    async spent(userId, day, since) {
      const row = await db
        .selectFrom("token_use")
        .select([
          sql<number>`coalesce(sum(case when day = ${day} then input_tokens + output_tokens else 0 end), 0)`.as(
            "day",
          ),
          sql<number>`coalesce(sum(input_tokens + output_tokens), 0)`.as("since"),
        ])
        .where("user_id", "=", userId)
        .where("day", ">=", since)
        .executeTakeFirstOrThrow();
      return row;
    },
  };
}

/** `TokenUseStore.sums`. */
async function sumsOf(
  db: Kysely<Tables>,
  userId: string,
  { from, to }: { readonly from: string; readonly to: string },
  by: UsedBy,
): Promise<readonly UsedSum[]> {
  // A chat that is in no list is not told of here either.
  const listed = sql<string>`case when chats.temporary = 0 and chats.deleted_at_ms is null then chats.id else '' end`;
  const key = by === "chat" ? listed : sql.ref<string>(`token_use.${by}`);
  const total = sql<number>`sum(token_use.input_tokens + token_use.output_tokens)`;
  const rows = await db
    .selectFrom("token_use")
    .leftJoin("chats", "chats.id", "token_use.chat_id")
    .select([
      key.as("key"),
      // All that have one key have one title.
      sql<string | null>`max(chats.title)`.as("title"),
      sum("input_tokens"),
      sum("output_tokens"),
      sum("answers"),
      sum("estimated"),
    ])
    .where("token_use.user_id", "=", userId)
    .where("day", ">=", from)
    .where("day", "<=", to)
    .groupBy(key)
    .$if(by !== "day", (query) => query.orderBy(total, "desc"))
    .orderBy(key)
    .limit(MAX_SUMS)
    .execute();
  return rows.map((row) => ({
    key: row.key,
    title: by === "chat" && row.key !== "" ? (row.title ?? undefined) : undefined,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    answers: row.answers,
    estimated: row.estimated,
  }));
}

function sum<const Column extends "input_tokens" | "output_tokens" | "answers" | "estimated">(
  column: Column,
) {
  return sql<number>`sum(${sql.ref(`token_use.${column}`)})`.as(column);
}

/** `TokenUseStore.add`, in the caller's transaction. */
export async function addUse(db: Kysely<Tables>, use: TokenUse): Promise<void> {
  const added = {
    answers: 1,
    estimated: use.estimated ? 1 : 0,
    input_tokens: use.inputTokens,
    output_tokens: use.outputTokens,
  };
  const key = { user_id: use.userId, day: dayOf(use.atMs), model: use.model, chat_id: use.chatId ?? "" };
  const closed = await db
    .selectFrom("accounts")
    .select("id")
    .where("id", "=", use.userId)
    .where("is_active", "=", 0)
    .executeTakeFirst();
  // An answer that the end of its account has broken off: what it has used is erased already.
  if (closed !== undefined) return;
  await db
    .insertInto("token_use")
    .values({ ...key, ...added })
    .onConflict((c) =>
      c.columns(["user_id", "day", "model", "chat_id"]).doUpdateSet((eb) => ({
        answers: eb("token_use.answers", "+", added.answers),
        estimated: eb("token_use.estimated", "+", added.estimated),
        input_tokens: eb("token_use.input_tokens", "+", added.input_tokens),
        output_tokens: eb("token_use.output_tokens", "+", added.output_tokens),
      })),
    )
    .execute();
}
