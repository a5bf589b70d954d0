import { parentPort } from "node:worker_threads";
import { createEvaluate, type Evaluate } from "./calculator-engine.ts";

/** What goes into the worker, one at a time; "ready" and then one reply per request come out. */
export interface CalculatorRequest {
  readonly expression: string;
}
export type CalculatorReply = { readonly result: string } | { readonly error: string };

const evaluate = createEvaluate();
parentPort?.on("message", (request: CalculatorRequest) => {
  parentPort?.postMessage(reply(request.expression, evaluate));
});
parentPort?.postMessage("ready");

function reply(expression: string, run: Evaluate): CalculatorReply {
  try {
    return { result: run(expression) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
