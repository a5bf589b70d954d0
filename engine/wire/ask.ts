import { create } from "@bufbuild/protobuf";
import { createClient, createContextValues, type Transport } from "@connectrpc/connect";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { throwIfAborted } from "#engine/abort.ts";
import type { AskServer, SignInListener, StreamCall } from "#engine/ports.ts";
import {
  StreamingService,
  StreamRequestSchema,
  ToolEvent_State,
  type StreamRequest,
  type StreamResponse,
  type ToolEvent,
} from "#proto/streaming_pb.ts";
import { toBase64 } from "./base64.ts";
import { createPcmConverter, type PcmConverter } from "./pcm-convert.ts";
import { signInListener } from "./rpc-transport.ts";

/** A server closes the stream at once after its last message; one that does not is cut off after this. */
const CLOSE_GRACE_MS = 2_000;
/** Longest text of an `error_message` that is shown to a person. */
const ERROR_TEXT_MAX_CHARS = 500;

/**
 * Asks over `transport`. How a stream may end: a status other than OK is thrown, whatever was said before it; an
 * `error_message` is thrown once, as the status that follows it, or as INTERNAL when that is OK (the first servers);
 * `end_message` is `end`. One closed without either is thrown as MODEL_FAILED: no server ends a good answer that way, and
 * some end a broken one so, hence showing it as complete would hide a loss.
 */
export function createAsk(transport: Transport, logger: Logger): AskServer {
  const { streamAudio } = createClient(StreamingService, transport);
  return async function* ask(call: StreamCall, signal: AbortSignal, onSignIn?: SignInListener) {
    throwIfAborted(signal);
    const hangUp = new AbortController();
    const responses = streamAudio(toStreamRequest(call), {
      signal: AbortSignal.any([signal, hangUp.signal]),
      contextValues: createContextValues().set(signInListener, onSignIn),
    })[Symbol.asyncIterator]();
    const heard = new Heard(logger);
    let grace: ReturnType<typeof setTimeout> | undefined;
    try {
      for (let next = await responses.next(); next.done !== true; next = await responses.next()) {
        const event = heard.take(next.value);
        if (heard.errorText !== undefined) grace ??= hangUpSoon(hangUp);
        if (event !== undefined) yield event;
        if (heard.ended) return;
      }
      throw closed(heard);
    } catch (error) {
      // Only our own close timer hangs up on a stream that has said what is wrong.
      const isOurs = hangUp.signal.aborted && !signal.aborted;
      throw isOurs && heard.errorText !== undefined ? closed(heard) : error;
    } finally {
      clearTimeout(grace);
      // After `end` the server is closing: cancelling now would look like an interrupt to it.
      if (heard.ended) void letClose(responses, hangUp);
      else hangUp.abort();
    }
  };
}

/** What a stream has said so far. */
class Heard {
  ended = false;
  sawPayload = false;
  errorText: string | undefined;
  readonly #pcm = createPcmConverter();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The event to show, if any. */
  take(response: StreamResponse): ChatEvent | undefined {
    const { content } = response;
    if (content.case === "errorMessage") this.errorText = content.value;
    const event = this.errorText === undefined ? toChatEvent(response, this.#pcm) : undefined;
    if (event === undefined)
      this.#logger.debug("stream.response_ignored", { content: content.case ?? "unknown" });
    this.sawPayload ||= event?.type === "text" || event?.type === "audio";
    this.ended = event?.type === "end";
    return event;
  }
}

/** What a stream without `end` is thrown as, unless a status says more. */
function closed({ errorText, sawPayload }: Heard): PipitError {
  if (errorText !== undefined) {
    const text = errorText.slice(0, ERROR_TEXT_MAX_CHARS);
    return new PipitError("INTERNAL", text || "The server reported an error without a text.");
  }
  return new PipitError(
    "MODEL_FAILED",
    sawPayload
      ? "The answer broke off before its end. Ask again to get the whole of it."
      : "The server closed the stream without an answer. Try again.",
  );
}

async function letClose(responses: AsyncIterator<StreamResponse>, hangUp: AbortController): Promise<void> {
  const timer = hangUpSoon(hangUp);
  try {
    for (let next = await responses.next(); next.done !== true; next = await responses.next()) continue;
  } catch {
    // The answer is complete; how its connection ended does not matter.
  } finally {
    clearTimeout(timer);
  }
}

function hangUpSoon(hangUp: AbortController): ReturnType<typeof setTimeout> {
  return setTimeout(() => hangUp.abort(), CLOSE_GRACE_MS);
}

/** The wire form of a question. Absent optional fields stay absent: presence means something. */
function toStreamRequest(call: StreamCall): StreamRequest {
  const { image, files = [], ...fields } = call;
  const request = {
    ...fields,
    files: files.map(({ sizeBytes, ...file }) => ({ ...file, sizeBytes: BigInt(sizeBytes) })),
  };
  if (image === undefined) return create(StreamRequestSchema, request);
  const { bytes, widthPx: screenWidth, heightPx: screenHeight } = image;
  return create(StreamRequestSchema, { ...request, screenshot: toBase64(bytes), screenWidth, screenHeight });
}

/**
 * One response as an event, or undefined for what this client does not know or cannot use: newer fields, actions of the
 * original programs, empty text, unplayable audio. `error_message` is the caller's business.
 */
function toChatEvent(response: StreamResponse, pcm: PcmConverter): ChatEvent | undefined {
  const { content } = response;
  switch (content.case) {
    case "textChunk":
      return content.value === "" ? undefined : { type: "text", text: content.value };
    case "audioChunk": {
      const bytes = pcm.convert(content.value);
      return bytes === undefined ? undefined : { type: "audio", pcm: bytes };
    }
    case "endMessage":
      return { type: "end" };
    case "turn": {
      const { chatId, turnId, parentTurnId, replayed } = content.value;
      const parent = parentTurnId === undefined ? {} : { parentTurnId };
      return { type: "turn", chatId, turnId, ...parent, replayed };
    }
    case "toolEvent":
      return toToolEvent(content.value);
    case "title":
      return { type: "title", title: content.value };
    case "usage": {
      const { inputTokens, outputTokens, model } = content.value;
      return { type: "usage", inputTokens, outputTokens, model };
    }
    case "reasoning":
      return { type: "reasoning", text: content.value.text, takesText: content.value.takesText };
    case "remembered": {
      const { turnId, memoryId, text } = content.value;
      return { type: "remembered", turnId, memoryId, text };
    }
    case "notice":
      return { type: "notice", code: content.value.code, text: content.value.text };
    default:
      return undefined;
  }
}

function toToolEvent(event: ToolEvent): ChatEvent | undefined {
  const state = toolStates[event.state];
  if (state === undefined) return undefined;
  return { type: "tool", callId: event.callId, name: event.name, state, summary: event.summary };
}

const toolStates: Partial<Record<ToolEvent_State, "started" | "done" | "failed">> = {
  [ToolEvent_State.STARTED]: "started",
  [ToolEvent_State.DONE]: "done",
  [ToolEvent_State.FAILED]: "failed",
};
