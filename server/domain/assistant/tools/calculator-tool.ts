import { z } from "zod";
import type { AssistantTool } from "../ports.ts";
import type { Calculator } from "./calculator.ts";
import { EXPRESSION_MAX_CHARS } from "./calculator-engine.ts";
import { defineTool, failure, toolInput } from "./define-tool.ts";

const input = toolInput({
  expression: z
    .string()
    .min(1)
    .max(EXPRESSION_MAX_CHARS)
    .describe('An expression, e.g. "12% of 240", "sqrt(2) * 3", "5 km to mile", "factorial(20)".'),
});

/** Calculates; a wrong or endless expression is a failed result with the reason. */
export function createCalculatorTool(calculator: Calculator): AssistantTool {
  return defineTool({
    name: "calculator",
    description:
      "Evaluates a mathematical expression exactly: arithmetic, percentages, powers, functions, unit conversion. Use it for every calculation.",
    input,
    async run({ expression }, signal) {
      try {
        const result = await calculator.run(expression, signal);
        return { value: { expression, result }, summary: `${expression.trim()} = ${result}` };
      } catch (error) {
        if (signal.aborted) throw error;
        return failure("calculator", error instanceof Error ? error.message : String(error));
      }
    },
  });
}
