import { CHANNELS, DTYPE, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import type { EngineEvent } from "#engine/chat/chat-engine-api.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import { printJson, type Terminal } from "../kit/terminal.ts";
import { failureOf } from "./outcome.ts";

/**
 * Prints the events of `--json`: one JSON object a line, in the order in which they came. Each has `type` and
 * `messageId`; `attempt` appears when a broken answer is repeated from its beginning. Audio is described, not printed:
 * `--audio-file` records it.
 */
export function createJsonPrinter(terminal: Terminal) {
  const print = (value: unknown): void => printJson(terminal, value);
  return {
    event({ messageId, attempt, event }: EngineEvent): void {
      const { type, ...fields } = describe(event);
      print({ type, messageId, ...(attempt > 1 ? { attempt } : {}), ...fields });
    },
    /** Says how a message ended; always its last line. */
    settled: (messageId: string, question: UserMessage | undefined) =>
      print({ type: "result", messageId, ...resultOf(question) }),
    error: (error: PipitError) => print({ type: "error", code: error.code, message: error.message }),
  };
}

function resultOf(question: UserMessage | undefined) {
  const kind = question?.status.kind;
  if (kind === "answered") return { status: "done" };
  if (kind === "cancelled") return { status: "cancelled" };
  return { status: kind === "queued" ? "queued" : "failed", failure: failureOf(question) };
}

function describe(event: ChatEvent): { readonly type: string } & Readonly<Record<string, unknown>> {
  if (event.type !== "audio") return { ...event };
  return {
    type: "audio",
    bytes: event.pcm.byteLength,
    sampleRateHz: SAMPLE_RATE_HZ,
    channels: CHANNELS,
    dtype: DTYPE,
  };
}
