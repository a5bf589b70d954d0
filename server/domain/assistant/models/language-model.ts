import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../logger.ts";
import type { AnswerModel, AnswerPart, AnswerRequest } from "../ports.ts";
import type { ModelAbilities, ModelEndpoint } from "./model-endpoint.ts";
import { modelSaidNothing, modelTimeout, toModelError } from "./model-errors.ts";
import type { ModelLimits } from "./model-limits.ts";
import { hasImage, toSdkPrompt } from "./model-messages.ts";
import { imageNotSeen } from "./model-notices.ts";
import type { ModelSdk, SdkLoader } from "./model-sdk.ts";
import { startSummary, type ToolOutcome } from "../tools/run-tool.ts";
import { toSdkTools } from "./model-tools.ts";
import { refusalIn, type Refusal } from "./refusals.ts";
import { watchSilence, type SilenceWatch } from "./silence-watch.ts";

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
type ChatModel = ReturnType<ReturnType<ModelSdk["createOpenAICompatible"]>["chatModel"]>;

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
  const sdk = await options.sdk();
  const own = new AbortController();
  const silence = watchSilence(limits.firstPartTimeoutMs, limits.nextPartTimeoutMs, (limitMs) =>
    own.abort(modelTimeout(endpoint, limitMs)),
  );
  const outcomes = new Map<string, ToolOutcome>();
  try {
    const stop = AbortSignal.any([signal, own.signal]);
    const result = startStream(sdk, options, request, sent, outcomes, stop);
    yield* readParts(result.stream, endpoint, outcomes, silence);
  } catch (error) {
    throw own.signal.aborted ? own.signal.reason : error;
  } finally {
    silence[Symbol.dispose]();
    // Whoever leaves the loop early stops the request too.
    own.abort();
  }
}

type SdkStream = ReturnType<ModelSdk["streamText"]>;

function startStream(
  sdk: ModelSdk,
  options: Context,
  request: AnswerRequest,
  sent: ModelAbilities,
  outcomes: Map<string, ToolOutcome>,
  abortSignal: AbortSignal,
): SdkStream {
  const { limits } = options;
  const prompt = toSdkPrompt(request.messages, sent.images);
  return sdk.streamText({
    model: options.chatModel(sdk),
    messages: prompt.messages,
    ...(prompt.instructions === undefined ? {} : { instructions: prompt.instructions }),
    ...(sent.tools
      ? {
          tools: toSdkTools(sdk, request.tools, outcomes, limits.toolTimeoutMs),
          stopWhen: sdk.isStepCount(limits.maxSteps),
          // The last step may only talk, so that a model in love with its tools still answers.
          prepareStep: ({ stepNumber }: { stepNumber: number }) =>
            stepNumber >= limits.maxSteps - 1 ? { activeTools: [] } : undefined,
        }
      : {}),
    maxRetries: 0,
    abortSignal,
    // Errors arrive as parts; without this the SDK prints them as well.
    onError: () => {},
  });
}

/** Translates the SDK's parts. Reasoning is not shown, but counts as a sign of life. */
async function* readParts(
  stream: SdkStream["stream"],
  endpoint: ModelEndpoint,
  outcomes: Map<string, ToolOutcome>,
  silence: SilenceWatch,
): AsyncGenerator<AnswerPart> {
  let spoke = false;
  for await (const part of stream) {
    // "start" and "start-step" are the SDK's own; they say nothing about the server.
    if (part.type === "start" || part.type === "start-step") continue;
    silence.alive();
    switch (part.type) {
      case "text-delta":
        if (part.text === "") break;
        spoke = true;
        yield { type: "text", text: part.text };
        break;
      case "tool-call":
        yield toolPart(part, "started", startSummary(part.toolName, part.input));
        break;
      case "tool-result":
      case "tool-error":
        yield finishedTool(part, outcomes);
        break;
      case "finish": {
        if (!spoke) throw modelSaidNothing(endpoint);
        const { inputTokens = 0, outputTokens = 0 } = part.totalUsage;
        yield { type: "usage", inputTokens, outputTokens };
        break;
      }
      case "error":
        throw part.error;
      case "abort":
        throw new PipitError("CANCELLED", "Cancelled.");
      default:
    }
  }
}

interface SdkToolPart {
  readonly toolCallId: string;
  readonly toolName: string;
}

function finishedTool(part: SdkToolPart, outcomes: Map<string, ToolOutcome>): AnswerPart {
  const outcome = outcomes.get(part.toolCallId);
  outcomes.delete(part.toolCallId);
  // No outcome: the SDK refused the call before our tool ran (unknown tool, arguments that are not JSON).
  return outcome === undefined
    ? toolPart(part, "failed", `${part.toolName}: the model called it wrongly`)
    : toolPart(part, outcome.state, outcome.summary);
}

function toolPart(part: SdkToolPart, state: "started" | "done" | "failed", summary: string): AnswerPart {
  return { type: "tool", callId: part.toolCallId, name: part.toolName, state, summary };
}
