import * as z from "zod/mini";
import type { TokenLimit, TokenSum, UsedBy, UsedTokens } from "#contract/commands/usage.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createJsonApi } from "#engine/wire/json-api.ts";
import { timeSchema } from "./wire-time.ts";

const tokens = { input_tokens: z.number(), output_tokens: z.number() };
const limitSchema = z.nullable(z.object({ limit: z.number(), used: z.number(), free_at: timeSchema }));
const sumSchema = z.object({
  day: z.optional(z.string()),
  model: z.optional(z.string()),
  title: z.nullish(z.string()),
  ...tokens,
});
const usageSchema = z.object({
  data: z.array(sumSchema),
  total: z.object(tokens),
  limits: z.object({ day: limitSchema, month: limitSchema }),
});

/** The tokens of the signed-in account (`/v1/usage`). All methods throw PipitError. */
export function createUsageClient(http: HttpClient) {
  const { ask } = createJsonApi(http);
  return {
    async usedTokens(by: UsedBy, signal: AbortSignal): Promise<UsedTokens> {
      const { data, total, limits } = await ask(
        { method: "GET", path: `/v1/usage?by=${by}` },
        usageSchema,
        signal,
      );
      const [day, month] = [toLimit(limits.day), toLimit(limits.month)];
      return {
        sums: data.map((sum) => ({ name: sum.day ?? sum.model ?? sum.title ?? "", ...toSum(sum) })),
        total: toSum(total),
        ...(day && { day }),
        ...(month && { month }),
      };
    },
  };
}

function toSum(sum: { readonly input_tokens: number; readonly output_tokens: number }): TokenSum {
  return { inputTokens: sum.input_tokens, outputTokens: sum.output_tokens };
}

function toLimit(limit: z.infer<typeof limitSchema>): TokenLimit | undefined {
  return limit === null ? undefined : { limit: limit.limit, used: limit.used, freeAtMs: limit.free_at };
}
