import type { Clock } from "#contract/clock.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { dayOf, type TokenLimits, type TokenLimitStore, type TokenUseStore } from "./ports.ts";

/** How much of one limit is used. */
export interface Quota {
  readonly limit: number;
  readonly used: number;
  readonly freeAtMs: number;
}
export interface QuotaState {
  /** Undefined: no limit. */
  readonly day: Quota | undefined;
  readonly month: Quota | undefined;
}

function quota(limit: number, used: number, freeAtMs: number): Quota | undefined {
  return limit === 0 ? undefined : { limit, used, freeAtMs };
}

/** Limits of what an account may use. All servers of one database count together. */
export type Quotas = ReturnType<typeof createQuotas>;

export function createQuotas(deps: {
  readonly use: Pick<TokenUseStore, "spent">;
  readonly limits: Pick<TokenLimitStore, "of">;
  /** Those of accounts that have none of their own. */
  readonly usual: TokenLimits;
  readonly clock: Clock;
}) {
  async function state(userId: string): Promise<QuotaState> {
    const limits = { ...deps.usual, ...(await deps.limits.of(userId)) };
    if (limits.tokensPerDay === 0 && limits.tokensPerMonth === 0) return { day: undefined, month: undefined };
    const nowMs = deps.clock.nowMs();
    const now = new Date(nowMs);
    const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
    const spent = await deps.use.spent(userId, dayOf(nowMs), dayOf(Date.UTC(year, month, 1)));
    return {
      day: quota(limits.tokensPerDay, spent.day, Date.UTC(year, month, day + 1)),
      month: quota(limits.tokensPerMonth, spent.since, Date.UTC(year, month + 1, 1)),
    };
  }
  return {
    state,
    /**
     * Lets an account ask, which has something left: an answer that has begun is never cut.
     *
     * @throws PipitError QUOTA_EXCEEDED with the time until there is something left again
     */
    async check(userId: string): Promise<void> {
      const { day, month } = await state(userId);
      const used = [month, day].find((one) => one !== undefined && one.used >= one.limit);
      if (used === undefined) return;
      throw new PipitError(
        "QUOTA_EXCEEDED",
        `The ${used.limit.toLocaleString("en")} tokens that this account may use in a ${used === day ? "day" : "month"} are used up. ` +
          `There are new ones on ${dayOf(used.freeAtMs)} (UTC).`,
        { retryAfterMs: Math.max(0, used.freeAtMs - deps.clock.nowMs()) },
      );
    },
  };
}
