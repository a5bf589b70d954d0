import type { MessagePart } from "#contract/chat-state.ts";
import { oneLine } from "#contract/texts/one-line.ts";

const NAME_MAX_CHARS = 100;
const SUMMARY_MAX_CHARS = 200;

/** A call of a tool that has ended, told in one line. */
export function toolPart(callId: string, name: string, about: string, failed = false): MessagePart {
  return {
    kind: "tool",
    callId,
    name: name.slice(0, NAME_MAX_CHARS).toWellFormed(),
    state: failed ? "failed" : "done",
    summary: oneLine(about.slice(0, SUMMARY_MAX_CHARS)),
  };
}
