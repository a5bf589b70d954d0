import type { ModelCall, ModelMessage } from "../ports.ts";
import type { ModelAbilities } from "./model-endpoint.ts";
import { callParts } from "./model-tools.ts";
import type { Prompt, PromptMessage } from "./model-sdk.ts";

/**
 * Our messages in the SDK's form; all system text becomes one message in front, or the beginning of the first question for
 * a chat template without a system.
 */
export function toPrompt(messages: readonly ModelMessage[], sent: ModelAbilities): Prompt {
  const system = messages
    .flatMap((message) => (message.role === "system" ? [message.text] : []))
    .join("\n\n");
  const prompt: Prompt = system === "" || sent.system === false ? [] : [{ role: "system", content: system }];
  let first = sent.system === false ? system : "";
  for (const message of messages) {
    if (message.role === "system") continue;
    const text = [message.role === "user" ? first : "", message.files ?? "", message.text]
      .filter((part) => part !== "")
      .join("\n\n");
    if (message.role === "user") first = "";
    prompt.push(toPromptMessage({ ...message, text }, messages, sent.images));
  }
  return prompt;
}

export function hasImage(messages: readonly ModelMessage[]): boolean {
  return messages.some((message) => message.images !== undefined);
}

function toPromptMessage(
  { role, text, images = [], calls = [], callId = "" }: ModelMessage,
  all: readonly ModelMessage[],
  withImages: boolean,
): PromptMessage {
  // Servers refuse empty text parts.
  const texts = text === "" ? [] : [{ type: "text" as const, text }];
  if (role === "tool") return { role, content: [toToolResult(callId, text, all)] };
  if (role === "assistant")
    return {
      role,
      content: calls.length === 0 ? [{ type: "text", text }] : [...texts, ...toCallParts(calls)],
    };
  if (images.length === 0 || !withImages) return { role: "user", content: [{ type: "text", text }] };
  const pictures = images.map(
    (data) => ({ type: "file", mediaType: "image/jpeg", data: { type: "data", data } }) as const,
  );
  return { role: "user", content: [...texts, ...pictures] };
}

function toCallParts(calls: readonly ModelCall[]) {
  return callParts(
    calls.map(({ id, name, input }) => ({ type: "tool-call", toolCallId: id, toolName: name, input })),
  );
}

function toToolResult(callId: string, text: string, all: readonly ModelMessage[]) {
  const call = all.flatMap(({ calls = [] }) => calls).find(({ id }) => id === callId);
  const output = { type: "text" as const, value: text };
  return { type: "tool-result" as const, toolCallId: callId, toolName: call?.name ?? "", output };
}
