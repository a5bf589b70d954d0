import { createCompletions } from "#server/domain/assistant/completions.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import type { Route } from "../../kit/route.ts";
import { completionsRoute } from "./completions.ts";
import { passedOnRoutes } from "./passed-on.ts";
import { responsesRoute } from "./responses.ts";

/** The OpenAI API: its clients work with a token or an API key of this server. */
export function openAiRoutes(ctx: HttpContext): readonly Route[] {
  const completions = createCompletions({ ...ctx, tokenUse: ctx.store.tokenUse });
  return [completionsRoute(ctx, completions), responsesRoute(ctx, completions), ...passedOnRoutes(ctx)];
}
