import type { ToolSet } from "ai";
import type { AssistantTool } from "../ports.ts";
import { runTool, type ToolOutcome } from "../tools/run-tool.ts";
import type { ModelSdk } from "./model-sdk.ts";

/** The SDK's form of our tools. Outcomes are handed over by call id, because the SDK passes on only what the model gets. */
export function toSdkTools(
  sdk: ModelSdk,
  tools: readonly AssistantTool[],
  outcomes: Map<string, ToolOutcome>,
  timeoutMs: number,
): ToolSet {
  return Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      sdk.tool({
        description: tool.description,
        inputSchema: sdk.jsonSchema<unknown>(tool.inputSchema),
        execute: async (input: unknown, { toolCallId, abortSignal }) => {
          const signal = abortSignal ?? new AbortController().signal;
          const outcome = await runTool(tool, input, timeoutMs, signal);
          outcomes.set(toolCallId, outcome);
          // JSON has no undefined, and a value that cannot be JSON must not break the next request.
          return outcome.value === undefined ? null : (JSON.parse(JSON.stringify(outcome.value)) as unknown);
        },
      }),
    ]),
  );
}
