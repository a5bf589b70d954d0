import type { Kysely } from "kysely";
import type { TokenLimitStore } from "#server/domain/usage/ports.ts";
import type { Tables } from "../sql/schema.ts";

const NO_LIMITS = { tokens_per_day: null, tokens_per_month: null };

/** {@link TokenLimitStore} on SQL. */
export function createTokenLimitStore(db: Kysely<Tables>): TokenLimitStore {
  return {
    async of(userId) {
      const row = await db
        .selectFrom("token_limits")
        .selectAll()
        .where("user_id", "=", userId)
        .executeTakeFirst();
      const { tokens_per_day: tokensPerDay, tokens_per_month: tokensPerMonth } = row ?? NO_LIMITS;
      return {
        ...(tokensPerDay !== null && { tokensPerDay }),
        ...(tokensPerMonth !== null && { tokensPerMonth }),
      };
    },
    async change(userId, { tokensPerDay, tokensPerMonth }) {
      const changes = {
        ...(tokensPerDay !== undefined && { tokens_per_day: tokensPerDay }),
        ...(tokensPerMonth !== undefined && { tokens_per_month: tokensPerMonth }),
      };
      await db
        .insertInto("token_limits")
        .values({ user_id: userId, ...NO_LIMITS, ...changes })
        .onConflict((c) => c.column("user_id").doUpdateSet({ user_id: userId, ...changes }))
        .execute();
    },
  };
}
