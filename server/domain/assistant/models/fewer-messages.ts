import type { ModelMessage } from "../ports.ts";
import { estimateTokens } from "./token-estimate.ts";
import type { OverflowSize } from "./overflow-size.ts";

/** How much of what fits by the estimate is used: an estimate errs, and the answer needs room too. */
const FILL = 0.8;

/**
 * The messages without the oldest turns, for a model that holds less than them all: as many of the newest as fit by the
 * server's own numbers, none when it told none. Undefined: there is nothing to leave out.
 */
export function withoutOlder(
  messages: readonly ModelMessage[],
  { limit, needed }: OverflowSize,
): readonly ModelMessage[] | undefined {
  const system = messages.filter(({ role }) => role === "system");
  const turns = messages.filter(({ role }) => role !== "system");
  const question = turns.slice(-1);
  const earlier = turns.slice(0, -1);
  if (earlier.length === 0) return undefined;
  const share = limit === undefined || needed === undefined ? 0 : limit / needed;
  let room = size(messages) * share * FILL - size(system) - size(question);
  let kept = earlier.length;
  // A question and its answer go together: many chat templates refuse two messages of one side in a row.
  for (; kept >= 2; kept -= 2) {
    room -= size(earlier.slice(kept - 2, kept));
    if (room < 0) break;
  }
  const from = Math.max(kept, 2);
  return [...system, ...earlier.slice(from), ...question];
}

function size(messages: readonly ModelMessage[]): number {
  return messages.reduce((sum, { text, files = "" }) => sum + estimateTokens(text + files), 0);
}
