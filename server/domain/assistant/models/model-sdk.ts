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
