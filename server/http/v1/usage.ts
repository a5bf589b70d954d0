import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { reader } from "#server/domain/access/access.ts";
import { dayOf, type UsedSum } from "#server/domain/usage/ports.ts";
import type { Quota } from "#server/domain/usage/quotas.ts";
import { readQuery } from "../kit/parameters.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Days that are shown unless it is asked for others, and at most. */
const USUAL_DAYS = 30;
const MAX_DAYS = 366;
const oneDay = z.iso.date("must be a day, e.g. 2026-11-29").optional();
const query = z.object({
  from: oneDay,
  to: oneDay,
  by: z.enum(["day", "model", "chat"], "must be 'day', 'model' or 'chat'").default("day"),
});

/** `GET /v1/usage?from=&to=&by=`: the tokens that the caller's account has used, and what it may. */
export function usageRoute({ store: { tokenUse }, quotas, clock }: HttpContext): CallerRoute {
  return route("GET", "/v1/usage", reader, async (request, { userId }) => {
    const { by, ...asked } = readQuery(query, request);
    const to = asked.to ?? dayOf(clock.nowMs());
    const from = asked.from ?? dayOf(Date.parse(to) - (USUAL_DAYS - 1) * DAY_MS);
    const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
    if (days < 1 || days > MAX_DAYS) {
      throw new PipitError("INVALID_REQUEST", `from: must be 0 to ${MAX_DAYS - 1} days before to.`, {
        field: "from",
      });
    }
    const byDay = await tokenUse.sums(userId, { from, to }, "day");
    const sums = by === "day" ? byDay : await tokenUse.sums(userId, { from, to }, by);
    const { day, month } = await quotas.state(userId);
    return {
      from,
      to,
      by,
      data: sums.map((sum) => ({ ...keyOf[by](sum), ...toTokensBody(sum) })),
      total: byDay.map(toTokensBody).reduce(added, toTokensBody(NOTHING)),
      limits: { day: toQuotaBody(day), month: toQuotaBody(month) },
    };
  });
}

const NOTHING = { inputTokens: 0, outputTokens: 0, answers: 0, estimated: 0 };

const keyOf = {
  day: ({ key }: UsedSum) => ({ day: key }),
  model: ({ key }: UsedSum) => ({ model: key }),
  chat: ({ key, title }: UsedSum) => ({ chat_id: key === "" ? null : key, title: title ?? null }),
};

export function toTokensBody({ inputTokens, outputTokens, answers, estimated }: typeof NOTHING) {
  return { input_tokens: inputTokens, output_tokens: outputTokens, answers, estimated };
}

function added(a: ReturnType<typeof toTokensBody>, b: ReturnType<typeof toTokensBody>) {
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    answers: a.answers + b.answers,
    estimated: a.estimated + b.estimated,
  };
}

function toQuotaBody(quota: Quota | undefined): Record<string, unknown> | null {
  if (quota === undefined) return null;
  return { limit: quota.limit, used: quota.used, free_at: new Date(quota.freeAtMs).toISOString() };
}
