import type { ServiceImpl } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import type { StreamingService } from "#proto/streaming_pb.ts";
import { abortable } from "#server/domain/abortable.ts";
import { localeOf } from "#server/domain/assistant/context/wording.ts";
import type { RunningAnswers } from "#server/domain/limits/running-answers.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { requireCaller } from "../kit/checks.ts";
import { networkOf } from "../kit/call-context.ts";
import type { Greetings } from "./greetings.ts";
import { once } from "./once.ts";
import type { PromptBuffers } from "./prompt-buffers.ts";
import { readStreamRequest, type StreamTask } from "./stream-request.ts";
import {
  audioChunk,
  endMessage,
  errorMessage,
  type StreamResponseInit,
  toStreamResponse,
} from "./stream-responses.ts";
import type { StreamingContext } from "./streaming-service.ts";

const END_COLLECTED = "COLLECT_ACCEPTED";
const END_GREETING = "greeting_done";

/** What outlives one call. */
export interface StreamingState {
  readonly buffers: PromptBuffers;
  readonly greetings: Greetings;
  readonly running: RunningAnswers;
}

/**
 * One answer: text and speech, then `end_message`, then the close. A failure is a gRPC status and, while the client may
 * still read, one `error_message` before it.
 */
export function createStreamAudio(
  ctx: StreamingContext,
  state: StreamingState,
): ServiceImpl<typeof StreamingService>["streamAudio"] {
  return async function* streamAudio(request, context) {
    try {
      const caller = requireCaller(context);
      using places = new DisposableStack();
      const task = readStreamRequest(request, caller, state.buffers, (messageId) => {
        places.use(state.running.enter(caller.userId, networkOf(context.values), messageId));
      });
      const extended = request.clientMessageId !== undefined;
      if (task.kind === "collected") {
        yield endMessage(END_COLLECTED);
        return;
      }
      if (task.kind === "greeting") {
        yield* greet({ ...ctx, ...state }, task, caller, extended, context.signal);
      } else {
        for await (const event of ctx.turns.answer(task.question, caller, context.signal)) {
          const response = toStreamResponse(event, extended);
          if (response !== undefined) yield response;
        }
      }
    } catch (reason) {
      const error = PipitError.from(reason);
      if (!context.signal.aborted) yield errorMessage(error.message);
      throw error;
    }
  };
}

/** Speaks the given text; the text itself is sent only when there is no voice, since some payload must come. */
async function* greet(
  deps: Pick<StreamingContext, "speech" | "logger"> & Pick<StreamingState, "greetings">,
  { question, text }: Extract<StreamTask, { kind: "greeting" }>,
  caller: Caller,
  extended: boolean,
  outer: AbortSignal,
): AsyncGenerator<StreamResponseInit, void, void> {
  using greeting = deps.greetings.begin(caller.userId, question.hardwareId, question.sessionId, outer);
  let heard = false;
  if (question.speak) {
    try {
      const options = { locale: localeOf(question.locale, text) };
      const parts = deps.speech.speak(once(text), options, greeting.signal);
      for await (const part of abortable(parts, greeting.signal)) {
        if (part.type === "audio") {
          heard = true;
          yield { content: { case: "audioChunk", value: audioChunk(part.pcm) } };
        } else if (extended) {
          yield { content: { case: "notice", value: { code: part.code, text: part.text } } };
        }
      }
    } catch (error) {
      greeting.signal.throwIfAborted();
      deps.logger.warn("speech failed", { error });
    }
    greeting.signal.throwIfAborted();
  }
  if (!heard) yield { content: { case: "textChunk", value: text } };
  yield endMessage(END_GREETING);
}
