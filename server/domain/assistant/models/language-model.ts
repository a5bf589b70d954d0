import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { AnswerModel, AnswerPart, AnswerRequest } from "../ports.ts";
import type { ModelAbilities, ModelEndpoint } from "./model-endpoint.ts";
import { readFailure } from "./failure.ts";
import { kindOf, type Refusal } from "./failure-kind.ts";
import { withoutOlder } from "./fewer-messages.ts";
import { toModelError } from "./model-errors.ts";
import type { ModelLimits } from "./model-limits.ts";
import { hasImage, toPrompt } from "./model-messages.ts";
import { contextTrimmed, imageNotSeen, imageNotTaken } from "./model-notices.ts";
import { SDK_PROVIDER, type ChatModel, type ModelSdk, type SdkLoader } from "./model-sdk.ts";
import { overflowSizeOf } from "./overflow-size.ts";
import { handOn, runToolLoop } from "./tool-loop.ts";
import { post, type Post } from "./wire/http-post.ts";
import { createModelFetch } from "./wire/model-fetch.ts";

export interface LanguageModelOptions {
  readonly endpoint: ModelEndpoint;
  /** Shared by all answers of this model; what the server refuses is remembered here. */
  readonly abilities: ModelAbilities;
  readonly limits: ModelLimits;
  readonly sdk: SdkLoader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told when the server says that it has no such model. */
  readonly onMissing?: () => void;
  /** Replaces the network; only the warm-up does. */
  readonly post?: Post;
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
    name: SDK_PROVIDER,
    baseURL: endpoint.baseUrl.replace(/\/+$/, ""),
    includeUsage: true,
    ...(endpoint.key === undefined ? {} : { apiKey: endpoint.key }),
    fetch: createModelFetch({ post: options.post ?? post, silenceMs: options.limits.silenceMs }),
  });
  return provider.chatModel(endpoint.model);
}

/** What of a question is asked: less than all, once the server has refused a part. */
interface Attempt {
  readonly messages: AnswerRequest["messages"];
  readonly sent: ModelAbilities;
  /** Tells what was left out since the last attempt. */
  readonly notice?: AnswerPart;
}

/**
 * Asks; and, as long as nothing has been said, asks again without what the server refused: pictures, tools, and once the
 * older turns, when the model holds less than the chat.
 */
async function* answer(
  options: Context,
  request: AnswerRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart> {
  let attempt: Attempt = firstAttempt(options, request);
  for (;;) {
    if (attempt.notice !== undefined) yield attempt.notice;
    let spoke = false;
    try {
      for await (const part of askOnce(options, request, attempt, signal)) {
        spoke = true;
        yield part;
      }
      return;
    } catch (error) {
      const next: Attempt | undefined =
        spoke || signal.aborted ? undefined : nextAttempt(options, request, attempt, error);
      if (next === undefined) throw toFinalError(options, error, attempt.sent, signal);
      attempt = next;
    }
  }
}

function firstAttempt({ endpoint, abilities }: Context, request: AnswerRequest): Attempt {
  const { messages, locale } = request;
  const images = hasImage(messages);
  const asIs = request.clientTools !== undefined;
  const sent = {
    images: (abilities.images || asIs) && images,
    tools: asIs ? request.clientTools.tools.length > 0 : abilities.tools && request.tools.length > 0,
    system: abilities.system !== false && messages.some(({ role }) => role === "system"),
  };
  return {
    messages,
    sent,
    ...(images && !sent.images ? { notice: imageNotSeen(locale, endpoint.model) } : {}),
  };
}

/** Undefined: asking for less does not help. */
function nextAttempt(
  options: Context,
  request: AnswerRequest,
  { messages, sent }: Attempt,
  error: unknown,
): Attempt | undefined {
  const { endpoint } = options;
  const failure = readFailure(error);
  const kind = kindOf(failure, sent);
  // A program is told what it cannot have, and leaves it out itself. Where its system text stands is no matter.
  if (request.clientTools !== undefined && !(kind.kind === "unsupported" && kind.ability === "system")) {
    return undefined;
  }
  if (kind.kind === "unsupported") {
    remember(options, kind);
    const fewer = { messages, sent: { ...sent, [kind.ability]: false } };
    if (kind.ability !== "images") return fewer;
    const { locale } = request;
    return { ...fewer, notice: kind.lasting ? imageNotSeen(locale, endpoint.model) : imageNotTaken(locale) };
  }
  if (kind.kind !== "overflow" || messages !== request.messages) return undefined;
  const fewer = withoutOlder(messages, overflowSizeOf(failure));
  return fewer && { messages: fewer, sent, notice: contextTrimmed(request.locale, endpoint.model) };
}

function remember({ endpoint, abilities, logger }: LanguageModelOptions, refusal: Refusal): void {
  logger.info("model.refused", { model: endpoint.model, ability: refusal.ability });
  if (refusal.lasting) abilities[refusal.ability] = false;
}

function toFinalError(
  options: LanguageModelOptions,
  reason: unknown,
  sent: ModelAbilities,
  signal: AbortSignal,
): PipitError {
  if (signal.aborted) return new PipitError("CANCELLED", "Cancelled.", { cause: reason });
  const { endpoint, clock, limits } = options;
  const error = toModelError(reason, { endpoint, sent, silenceMs: limits.silenceMs, nowMs: clock.nowMs() });
  if (error.code === "MODEL_MISSING") options.onMissing?.();
  return error;
}

/** One run of the tool loop. Throws what the SDK or the network threw. */
async function* askOnce(
  options: Context,
  request: AnswerRequest,
  { messages, sent }: Attempt,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart> {
  const { endpoint, limits } = options;
  const model = options.chatModel(await options.sdk());
  signal.throwIfAborted();
  const own = new AbortController();
  const stop = () => own.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  let ended = false;
  try {
    const prompt = toPrompt(messages, sent);
    const tools = sent.tools ? request.tools : [];
    const { locale, fields, clientTools } = request;
    const loop = { model, endpoint, limits, prompt, tools, locale, fields, signal: own.signal };
    yield* clientTools === undefined ? runToolLoop(loop) : handOn(loop, clientTools);
    ended = true;
  } catch (error) {
    throw own.signal.aborted ? own.signal.reason : error;
  } finally {
    signal.removeEventListener("abort", stop);
    // A reader that leaves the loop early stops the request too. An answer that ended has nothing to stop.
    if (!ended) own.abort();
  }
}
