import { z } from "zod";
import type { AssistantTool, ToolResult } from "../ports.ts";

/** What a tool is made of; `schema` both describes the input to the model and checks it. */
export interface ToolDefinition<Schema extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  run(input: z.output<Schema>, signal: AbortSignal): Promise<ToolResult>;
}

/** Makes a tool whose input is checked first: wrong input is a failed result that tells the model what is wrong. */
export function defineTool<Schema extends z.ZodObject>(definition: ToolDefinition<Schema>): AssistantTool {
  const { name, description, schema } = definition;
  return {
    name,
    description,
    inputSchema: inputSchemaOf(schema),
    async run(input, signal) {
      const parsed = schema.safeParse(withoutNulls(input));
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        const place = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
        return failure(name, `${place}${issue?.message ?? "wrong input"}`);
      }
      return definition.run(parsed.data, signal);
    },
  };
}

/** A result that says why a tool could not do it, in the words of seed 001: "Error: ...". */
export function failure(name: string, why: string): ToolResult {
  return { value: `Error: ${why}`, summary: `${name}: ${why}`, failed: true };
}

function inputSchemaOf(schema: z.ZodObject): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}

/** Many models send null for an argument they leave out. */
function withoutNulls(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input ?? {};
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}
