import type { ModelCheck, ModelProblem } from "#contract/model-connection.ts";
import { readFailure } from "./failure.ts";
import { kindOf, type FailureKind } from "./failure-kind.ts";
import type { ModelEndpoint } from "./model-endpoint.ts";
import { askForModels, chatModelsIn } from "./model-list.ts";

const PROBLEMS: Readonly<Record<FailureKind["kind"], ModelProblem>> = {
  silence: "timeout",
  unreachable: "unreachable",
  address: "address",
  "broken-off": "unreachable",
  certificate: "certificate",
  redirected: "elsewhere",
  key: "key",
  rate: "limited",
  quota: "limited",
  spent: "limited",
  failed: "failed",
  // What stands between us and the server is what does not answer.
  blocked: "unreachable",
  proxy: "unreachable",
  // A server that knows `GET /models` has no reason for any of these.
  missing: "not-compatible",
  refused: "not-compatible",
  unsupported: "not-compatible",
  overflow: "not-compatible",
  "not-an-answer": "not-compatible",
};
const TIMEOUT_CODES = new Set(["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);

/** Asks a server for its chat models and says what is wrong with it, if anything. Throws CANCELLED only. */
export async function checkModels(
  endpoint: ModelEndpoint,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ModelCheck> {
  try {
    const models = chatModelsIn(await askForModels(endpoint, timeoutMs, signal));
    if (models === undefined) return { models: [], problem: "not-compatible" };
    return models.length > 0 ? { models } : { models, problem: "no-chat-models" };
  } catch (error) {
    signal.throwIfAborted();
    const failure = readFailure(error);
    if (failure.networkCode !== undefined && TIMEOUT_CODES.has(failure.networkCode)) {
      return { models: [], problem: "timeout" };
    }
    const { kind } = kindOf(failure, { images: false, tools: false });
    // Without an answer there is no failure of the server's own: a port that may not be asked, for one.
    const nothing = kind === "failed" && failure.status === undefined;
    return { models: [], problem: nothing ? "unreachable" : PROBLEMS[kind] };
  }
}
