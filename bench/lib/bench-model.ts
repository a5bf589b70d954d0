import { setImmediate as nextLoopTurn, setTimeout as sleep } from "node:timers/promises";
import type { AnswerModel, AnswerPart } from "#server/domain/assistant/ports.ts";

/** Pieces that a flood gives before it lets the event loop turn, as pieces from a socket would. */
const piecesPerLoopTurn = 32;

/** Asks the bench model for `count` pieces of `sizeBytes` each, as fast as they are taken. */
export function floodPrompt(count: number, sizeBytes: number): string {
  return `flood ${count} ${sizeBytes}`;
}

/** Asks the bench model for `count` pieces, one every `everyMs`; each is the time at which it was said. */
export function slowPrompt(count: number, everyMs: number): string {
  return `slow ${count} ${everyMs}`;
}

/** Epoch milliseconds with fractions, comparable between the processes of one machine. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * A model inside the server's process that costs next to nothing, so that what is measured is our server and not the
 * model or its wire. It does what the prompt says.
 */
export function createBenchModel(): AnswerModel {
  return { name: "bench", answer: (request, signal) => answer(request.messages.at(-1)?.text ?? "", signal) };
}

async function* answer(prompt: string, signal: AbortSignal): AsyncGenerator<AnswerPart, void, void> {
  const [kind, count = 0, parameter = 0] = prompt
    .split(" ")
    .map((word, index) => (index === 0 ? word : Number(word)));
  if (kind === "flood") yield* flood(Number(count), Number(parameter), signal);
  else yield* slow(Number(count), Number(parameter), signal);
  yield { type: "usage", inputTokens: 1, outputTokens: Number(count) };
}

async function* flood(
  count: number,
  sizeBytes: number,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart, void, void> {
  const text = "x".repeat(sizeBytes - 1) + " ";
  for (let index = 0; index < count; index += 1) {
    if (index % piecesPerLoopTurn === 0) await nextLoopTurn(undefined, { signal });
    yield { type: "text", text };
  }
}

async function* slow(
  count: number,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart, void, void> {
  // Streams that began together must not speak together: no real models do.
  await sleep(Math.random() * everyMs, undefined, { signal });
  for (let index = 0; index < count; index += 1) {
    await sleep(everyMs, undefined, { signal });
    yield { type: "text", text: `${epochMs().toFixed(3)} ` };
  }
}
