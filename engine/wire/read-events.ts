import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { throwIfAborted } from "#engine/abort.ts";
import type { Logger } from "#contract/logger.ts";
import type { StreamResponse } from "#proto/streaming_pb.ts";
import { createPcmConverter } from "./pcm-convert.ts";
import { toChatEvent } from "./stream-events.ts";

/** Longest text of an `error_message` that is shown to a person. */
const ERROR_TEXT_MAX_CHARS = 500;

/** How far a stream has come; written while it is read. */
export interface StreamProgress {
  ended: boolean;
  sawPayload: boolean;
  errorText: string | undefined;
}

export function newProgress(): StreamProgress {
  return { ended: false, sawPayload: false, errorText: undefined };
}

export interface ReadEventsOptions {
  readonly progress: StreamProgress;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** The server has said what is wrong; it should close now. */
  readonly onErrorText: () => void;
}

/**
 * The events of one answer, on any wire. How a stream may end (wire-facts §1.5-1.6): an `error_message` is thrown once,
 * as the status that follows it, or as INTERNAL when that is OK (servers of the seed era); `end_message` is `end`. One
 * closed without either is thrown as MODEL_FAILED: no server ends a good answer that way, and some end a broken one so,
 * hence showing it as complete would hide a loss.
 */
export async function* readEvents(
  responses: AsyncIterable<StreamResponse>,
  options: ReadEventsOptions,
): AsyncGenerator<ChatEvent, void, undefined> {
  const { progress, signal, logger } = options;
  const pcm = createPcmConverter();
  for await (const response of responses) {
    throwIfAborted(signal);
    if (response.content.case === "errorMessage") {
      progress.errorText = response.content.value;
      options.onErrorText();
      continue;
    }
    if (progress.errorText !== undefined) continue;
    const event = toChatEvent(response, pcm);
    if (event === undefined) {
      logger.debug("stream.response_ignored", { content: response.content.case ?? "unknown" });
      continue;
    }
    progress.sawPayload ||= event.type === "text" || event.type === "audio";
    progress.ended = event.type === "end";
    yield event;
    if (progress.ended) return;
  }
  if (progress.errorText !== undefined) throw serverText(progress.errorText);
  throw new PipitError(
    "MODEL_FAILED",
    progress.sawPayload
      ? "The answer broke off before its end. Ask again to get the whole of it."
      : "The server closed the stream without an answer. Try again.",
  );
}

/** What an `error_message` without a status of its own is thrown as. */
export function serverText(text: string): PipitError {
  return new PipitError(
    "INTERNAL",
    text.slice(0, ERROR_TEXT_MAX_CHARS) || "The server reported an error without a text.",
  );
}
