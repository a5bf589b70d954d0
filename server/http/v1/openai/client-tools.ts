import { z } from "zod";
import type { ClientTools } from "#server/domain/assistant/ports.ts";
import { yesOrNo } from "../../kit/parameters.ts";

const NAME_MAX_CHARS = 128;
const nameOfTool = z
  .string("must be the name of a function")
  .min(1, "must be the name of a function")
  .max(NAME_MAX_CHARS, `must have at most ${NAME_MAX_CHARS} characters`);
/** A function of a client. */
export const toolDefinition = z.object({
  name: nameOfTool,
  description: z.string("must be text").nullish(),
  parameters: z.record(z.string(), z.unknown(), "must be a JSON Schema").nullish(),
  strict: yesOrNo.nullish(),
});

/** A tool as chat completions have it. */
export const toolSchema = z.object({
  type: z.literal("function", "must be function: the tools here are functions of the client"),
  function: toolDefinition,
});
const word = z.enum(["auto", "none", "required"], "must be auto, none, required or a function");
export const toolChoiceSchema = word.or(
  z.object({ type: z.literal("function"), function: z.object({ name: nameOfTool }) }),
);
type Choice = z.infer<typeof toolChoiceSchema>;

/** The tools of a client, for the model alone: they run at the client. */
export function toolsOf(
  tools: readonly z.infer<typeof toolSchema>[],
  choice: Choice | undefined,
): ClientTools {
  return {
    tools: tools.map(({ function: { name, description, parameters, strict } }) => ({
      name,
      inputSchema: parameters ?? { type: "object", properties: {} },
      ...(typeof description === "string" && { description }),
      ...(typeof strict === "boolean" && { strict }),
    })),
    choice: choice === undefined || typeof choice === "string" ? choice : { toolName: choice.function.name },
  };
}
