import { z } from "zod";
import type { AssistantTool, ToolResult } from "../ports.ts";

/** The input of a tool: `schema` checks it, `json` describes it to models. */
export interface ToolInput<Schema extends z.ZodObject> {
  readonly schema: Schema;
  /** JSON Schema. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Made once per tool, not per question: the description costs as much as everything else before the first token. */
export function toolInput<Shape extends z.ZodRawShape>(shape: Shape): ToolInput<z.ZodObject<Shape>> {
  const schema = z.object(shape);
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
  return { schema, json };
}

/** What a tool is made of. */
export interface ToolDefinition<Schema extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly input: ToolInput<Schema>;
  run(input: z.output<Schema>, signal: AbortSignal): Promise<ToolResult>;
}

/** Makes a tool whose input is checked first: wrong input is a failed result that tells the model what is wrong. */
export function defineTool<Schema extends z.ZodObject>(definition: ToolDefinition<Schema>): AssistantTool {
  const { name, description } = definition;
  const { schema, json } = definition.input;
  return {
    name,
    description,
    inputSchema: json,
    async run(input, signal) {
      const parsed = schema.safeParse(withoutNulls(input));
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        const message = issue?.message ?? "wrong input";
        const field = issue?.path.join(".") ?? "";
        return failure(name, field === "" || message.startsWith(field) ? message : `${field}: ${message}`);
      }
      return definition.run(parsed.data, signal);
    },
  };
}

/** A result that says why a tool could not do it, in the words of seed 001: "Error: ...". */
export function failure(name: string, why: string): ToolResult {
  return { value: `Error: ${why}`, summary: `${name}: ${why}`, failed: true };
}

/** Many models send null for an argument they leave out. */
function withoutNulls(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input ?? {};
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}
