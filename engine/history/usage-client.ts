import * as z from "zod/mini";
import type { TokenLimit, TokenSum, UsedBy, UsedTokens } from "#contract/commands/usage.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createJsonApi } from "#engine/wire/json-api.ts";
import { timeSchema } from "./wire-time.ts";

const tokens = {
  input_tokens: z.number(),
  output_tokens: z.number(),
  answers: z.number(),
  estimated: z.number(),
};
const limitSchema = z.nullable(z.object({ limit: z.number(), used: z.number(), free_at: timeSchema }));
const totalSchema = z.object(tokens);
const sumSchema = z.object({
  day: z.optional(z.string()),
  model: z.optional(z.string()),
  title: z.nullish(z.string()),
  ...tokens,
});
const usageSchema = z.object({
  from: z.string(),
  to: z.string(),
  data: z.array(sumSchema),
  total: totalSchema,
  limits: z.object({ day: limitSchema, month: limitSchema }),
});

/** The tokens of the signed-in account (`/v1/usage`). All methods throw PipitError. */
export function createUsageClient(http: HttpClient) {
  const { ask } = createJsonApi(http);
  return {
    /** Of the last 30 days where no days are named. */
    async usedTokens(
      asked: { readonly by?: UsedBy; readonly from?: string; readonly to?: string },
      signal: AbortSignal,
    ): Promise<UsedTokens> {
      const path = `/v1/usage?${new URLSearchParams(asked).toString()}`;
      const { from, to, data, total, limits } = await ask({ method: "GET", path }, usageSchema, signal);
      const [day, month] = [toLimit(limits.day), toLimit(limits.month)];
      return {
        from,
        to,
        sums: data.map((sum) => ({ name: sum.day ?? sum.model ?? sum.title ?? "", ...toSum(sum) })),
        total: toSum(total),
        ...(day && { day }),
        ...(month && { month }),
      };
    },
  };
}

function toSum({ input_tokens, output_tokens, answers, estimated }: z.infer<typeof totalSchema>): TokenSum {
  return { inputTokens: input_tokens, outputTokens: output_tokens, answers, estimated };
}

function toLimit(limit: z.infer<typeof limitSchema>): TokenLimit | undefined {
  return limit === null ? undefined : { limit: limit.limit, used: limit.used, freeAtMs: limit.free_at };
}
