import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { AnswerModel, AnswerPart, AnswerRequest } from "../ports.ts";
import type { ModelAbilities, ModelEndpoint } from "./model-endpoint.ts";
import { modelTimeout, toModelError } from "./model-errors.ts";
import type { ModelLimits } from "./model-limits.ts";
import { hasImage, toPrompt } from "./model-messages.ts";
import { imageNotSeen } from "./model-notices.ts";
import type { ChatModel, ModelSdk, SdkLoader } from "./model-sdk.ts";
import { refusalIn, type Refusal } from "./refusals.ts";
import { watchSilence } from "./silence-watch.ts";
import { runToolLoop } from "./tool-loop.ts";

export interface LanguageModelOptions {
  readonly endpoint: ModelEndpoint;
  /** Shared by all answers of this model; what the server refuses is remembered here. */
  readonly abilities: ModelAbilities;
  readonly limits: ModelLimits;
  readonly sdk: SdkLoader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Replaces the global fetch; only the warm-up does. */
  readonly fetch?: typeof fetch;
}

/** What one model needs for its answers. */
interface Context extends LanguageModelOptions {
  /** The SDK's model, made once: each new one compiles its schemas anew, which costs a millisecond per question. */
  readonly chatModel: (sdk: ModelSdk) => ChatModel;
}

/** A language model behind an OpenAI-compatible endpoint. Answers throw PipitError MODEL_*, RATE_LIMITED or CANCELLED. */
export function createLanguageModel(options: LanguageModelOptions): AnswerModel {
  let made: ChatModel | undefined;
  const chatModel = (sdk: ModelSdk) => (made ??= makeChatModel(sdk, options));
  const context: Context = { ...options, chatModel };
  return {
    name: options.endpoint.model,
    answer: (request, signal) => answer(context, request, signal),
  };
}

function makeChatModel(sdk: ModelSdk, options: LanguageModelOptions): ChatModel {
  const { endpoint } = options;
  const provider = sdk.createOpenAICompatible({
    name: "pipit",
    baseURL: endpoint.baseUrl.replace(/\/+$/, ""),
    includeUsage: true,
    ...(endpoint.key === undefined ? {} : { apiKey: endpoint.key }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  return provider.chatModel(endpoint.model);
}

/** Asks, and asks once more without what the server refused (pictures, tools), as long as nothing has been said. */
async function* answer(
  options: Context,
  request: AnswerRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart> {
  const { endpoint, abilities } = options;
  const sent = {
    images: abilities.images && hasImage(request.messages),
    tools: abilities.tools && request.tools.length > 0,
  };
  if (hasImage(request.messages) && !sent.images) yield imageNotSeen(request.locale, endpoint.model);
  for (;;) {
    let spoke = false;
    try {
      for await (const part of askOnce(options, request, sent, signal)) {
        spoke = true;
        yield part;
      }
      return;
    } catch (error) {
      const refusal = spoke || signal.aborted ? undefined : refusalIn(error, sent);
      if (refusal === undefined) throw toFinalError(options, error, signal);
      remember(options, refusal);
      sent[refusal.ability] = false;
      if (refusal.ability === "images") yield imageNotSeen(request.locale, endpoint.model);
    }
  }
}

function remember({ endpoint, abilities, logger }: LanguageModelOptions, refusal: Refusal): void {
  logger.info("model.refused", { model: endpoint.model, ability: refusal.ability });
  if (refusal.lasting) abilities[refusal.ability] = false;
}

function toFinalError(options: LanguageModelOptions, reason: unknown, signal: AbortSignal): PipitError {
  if (signal.aborted) return new PipitError("CANCELLED", "Cancelled.", { cause: reason });
  const { endpoint, clock, logger } = options;
  const error = toModelError(reason, endpoint, clock.nowMs());
  logger.warn("model.failed", { model: endpoint.model, code: error.code, detail: error.detail });
  return error;
}

/** One run of the tool loop. Throws what the SDK or the network threw, unless it was our own timeout. */
async function* askOnce(
  options: Context,
  request: AnswerRequest,
  sent: ModelAbilities,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart> {
  const { endpoint, limits } = options;
  const model = options.chatModel(await options.sdk());
  signal.throwIfAborted();
  const own = new AbortController();
  const stop = () => own.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  let ended = false;
  using silence = watchSilence(limits.firstPartTimeoutMs, limits.nextPartTimeoutMs, (limitMs) =>
    own.abort(modelTimeout(endpoint, limitMs)),
  );
  try {
    const prompt = toPrompt(request.messages, sent.images);
    const tools = sent.tools ? request.tools : [];
    yield* runToolLoop({ model, endpoint, limits, prompt, tools, silence, signal: own.signal });
    ended = true;
  } catch (error) {
    throw own.signal.aborted ? own.signal.reason : error;
  } finally {
    signal.removeEventListener("abort", stop);
    // A reader that leaves the loop early stops the request too. An answer that ended has nothing to stop.
    if (!ended) own.abort();
  }
}
