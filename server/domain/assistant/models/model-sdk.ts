import type * as OpenAiCompatible from "@ai-sdk/openai-compatible";

/** What the SDK knows the model server as. */
export const SDK_PROVIDER = "pipit";

/** The part of the AI SDK that answers are made with: its provider layer. The loop around it is ours (tool-loop.ts). */
export type ModelSdk = Pick<typeof OpenAiCompatible, "createOpenAICompatible">;

/** A model as the provider layer sees it: `doStream` is one request, answered as a stream of parts. */
export type ChatModel = ReturnType<ReturnType<ModelSdk["createOpenAICompatible"]>["chatModel"]>;
type CallOptions = Parameters<ChatModel["doStream"]>[0];
export type Prompt = CallOptions["prompt"];
export type PromptMessage = Prompt[number];
export type FunctionTool = Extract<NonNullable<CallOptions["tools"]>[number], { type: "function" }>;
export type ToolChoice = NonNullable<CallOptions["toolChoice"]>;
export type ProviderOptions = NonNullable<CallOptions["providerOptions"]>[string];
type StreamPart =
  Awaited<ReturnType<ChatModel["doStream"]>>["stream"] extends ReadableStream<infer Part> ? Part : never;
/** One complete tool call; `input` is the arguments as the model wrote them, not yet parsed. */
export type ToolCall = Extract<StreamPart, { type: "tool-call" }>;
export type Finish = Extract<StreamPart, { type: "finish" }>;

/** Loads the SDK on the first call, once. */
export type SdkLoader = () => Promise<ModelSdk>;

/** The SDK takes a while to import, so it is not part of the server's start. */
export function createSdkLoader(): SdkLoader {
  let loading: Promise<ModelSdk> | undefined;
  return () => {
    loading ??= import("@ai-sdk/openai-compatible");
    return loading;
  };
}
