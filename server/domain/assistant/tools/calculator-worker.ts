import { parentPort } from "node:worker_threads";
import { createEvaluate, type Evaluate } from "./calculator-engine.ts";

/** What goes into and comes out of the worker. */
export interface CalculatorRequest {
  readonly id: number;
  readonly expression: string;
}
export type CalculatorReply =
  | { readonly id: number; readonly result: string }
  | { readonly id: number; readonly error: string };

const evaluate = createEvaluate();
parentPort?.on("message", (request: CalculatorRequest) => parentPort?.postMessage(reply(request, evaluate)));

function reply({ id, expression }: CalculatorRequest, run: Evaluate): CalculatorReply {
  try {
    return { id, result: run(expression) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
