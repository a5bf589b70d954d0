import { Readable } from "node:stream";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { AnswerRequest } from "../ports.ts";
import { createLanguageModel } from "./language-model.ts";
import type { ModelLimits } from "./model-limits.ts";
import type { SdkLoader } from "./model-sdk.ts";

/** Dry runs until the code is warm: the first one costs 14 ms, the last 0.5 ms. */
const WARM_RUNS = 12;
const CHUNKS = [
  { index: 0, delta: { role: "assistant", content: "warm " }, finish_reason: null },
  { index: 0, delta: { content: "again" }, finish_reason: null },
  { index: 0, delta: {}, finish_reason: "stop" },
];
const ANSWER = [...CHUNKS.map((choice) => JSON.stringify({ id: "warm", choices: [choice] })), "[DONE]"]
  .map((data) => `data: ${data}\n\n`)
  .join("");
const REQUEST: AnswerRequest = {
  messages: [
    { role: "system", text: "warm" },
    { role: "user", text: "warm" },
  ],
  tools: [
    {
      name: "warm",
      description: "warm",
      inputSchema: { type: "object", properties: {} },
      run: () => Promise.resolve({ value: null, summary: "" }),
    },
  ],
  locale: "en",
};

/**
 * Loads the SDK and lets it read a canned answer in memory (no network), so that the first question does not pay for
 * imports, lazy schemas and cold code. Gives way to other work between its runs.
 */
export async function warmUp(deps: {
  readonly sdk: SdkLoader;
  readonly limits: ModelLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<void> {
  const model = createLanguageModel({
    ...deps,
    endpoint: { kind: "configured", baseUrl: "http://warm.invalid/v1", key: undefined, model: "warm" },
    abilities: { images: true, tools: true },
    post: () =>
      Promise.resolve(Object.assign(Readable.from([Buffer.from(ANSWER)]), { statusCode: 200, headers: {} })),
  });
  const never = new AbortController().signal;
  for (let run = 0; run < WARM_RUNS; run += 1) {
    for await (const part of model.answer(REQUEST, never)) if (part.type === "usage") break;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
