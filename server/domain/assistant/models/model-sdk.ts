import type * as Ai from "ai";
import type * as OpenAiCompatible from "@ai-sdk/openai-compatible";

/** The parts of the AI SDK that answers are made with. */
export interface ModelSdk {
  readonly streamText: typeof Ai.streamText;
  readonly isStepCount: typeof Ai.isStepCount;
  readonly tool: typeof Ai.tool;
  readonly jsonSchema: typeof Ai.jsonSchema;
  readonly createOpenAICompatible: typeof OpenAiCompatible.createOpenAICompatible;
}

/** Loads the SDK on the first call, once. */
export type SdkLoader = () => Promise<ModelSdk>;

/** The SDK costs some 100 ms to import, so it is not part of the server's start. */
export function createSdkLoader(): SdkLoader {
  let loading: Promise<ModelSdk> | undefined;
  return () => {
    loading ??= loadSdk();
    return loading;
  };
}

async function loadSdk(): Promise<ModelSdk> {
  const [ai, compatible] = await Promise.all([import("ai"), import("@ai-sdk/openai-compatible")]);
  const { streamText, isStepCount, tool, jsonSchema } = ai;
  return {
    streamText,
    isStepCount,
    tool,
    jsonSchema,
    createOpenAICompatible: compatible.createOpenAICompatible,
  };
}

/** Dry runs until the code is warm: the first one costs 40 ms, the third 3 ms. */
const WARM_RUNS = 3;
const WARM_ANSWER = [
  '{"id":"warm","choices":[{"index":0,"delta":{"role":"assistant","content":"warm"},"finish_reason":null}]}',
  '{"id":"warm","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
  "[DONE]",
]
  .map((data) => `data: ${data}\n\n`)
  .join("");

/**
 * Loads the SDK and lets it read a canned answer in memory (no network), so that the first question does not pay for
 * imports, lazy schemas and cold code.
 */
export async function warmSdk(load: SdkLoader): Promise<void> {
  const sdk = await load();
  const provider = sdk.createOpenAICompatible({
    name: "warm",
    baseURL: "http://warm.invalid/v1",
    includeUsage: true,
    fetch: () =>
      Promise.resolve(new Response(WARM_ANSWER, { headers: { "content-type": "text/event-stream" } })),
  });
  for (let run = 0; run < WARM_RUNS; run += 1) {
    const result = sdk.streamText({
      model: provider.chatModel("warm"),
      prompt: "warm",
      maxRetries: 0,
      stopWhen: sdk.isStepCount(1),
      onError: () => {},
    });
    for await (const part of result.stream) if (part.type === "error") return;
  }
}
