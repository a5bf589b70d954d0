import { CHANNELS, DTYPE, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import type { EngineEvent } from "#engine/chat/chat-engine-api.ts";
import type { Failure } from "#contract/chat-state.ts";
import type { Terminal } from "../kit/terminal.ts";

/** How a message of `--json` ended; always the last line of a message. */
export type JsonResult =
  | { readonly status: "done" | "cancelled" }
  | { readonly status: "failed" | "queued"; readonly failure?: Failure };

/**
 * Prints the events of `--json`: one JSON object a line, in the order in which they came. Each has `type` and
 * `messageId`; `attempt` appears when a broken answer is repeated from its beginning. Audio is described, not printed:
 * `--audio-file` records it.
 */
export function createJsonPrinter(terminal: Terminal): {
  event(event: EngineEvent): void;
  result(messageId: string, result: JsonResult): void;
  error(error: PipitError): void;
} {
  const print = (value: unknown): void => void terminal.stdout.write(`${JSON.stringify(value)}\n`);
  return {
    event({ messageId, attempt, event }) {
      const { type, ...fields } = describe(event);
      print({ type, messageId, ...(attempt > 1 ? { attempt } : {}), ...fields });
    },
    result: (messageId, result) => print({ type: "result", messageId, ...result }),
    error: (error) => print({ type: "error", code: error.code, message: error.message }),
  };
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
