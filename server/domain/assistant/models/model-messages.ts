import type { ModelMessage } from "../ports.ts";
import type { Prompt, PromptMessage } from "./model-sdk.ts";

/** Our messages in the SDK's form; all system text becomes one message in front, which every chat template takes. */
export function toPrompt(messages: readonly ModelMessage[], withImages: boolean): Prompt {
  const system = messages.flatMap((message) => (message.role === "system" ? [message.text] : []));
  const prompt: Prompt = system.length === 0 ? [] : [{ role: "system", content: system.join("\n\n") }];
  for (const message of messages)
    if (message.role !== "system") prompt.push(toPromptMessage(message, withImages));
  return prompt;
}

export function hasImage(messages: readonly ModelMessage[]): boolean {
  return messages.some((message) => message.image !== undefined);
}

function toPromptMessage({ role, text, image }: ModelMessage, withImages: boolean): PromptMessage {
  if (role === "assistant") return { role, content: [{ type: "text", text }] };
  if (image === undefined || !withImages) return { role: "user", content: [{ type: "text", text }] };
  const picture = { type: "file", mediaType: "image/jpeg", data: { type: "data", data: image } } as const;
  // Servers refuse empty text parts.
  return { role: "user", content: text === "" ? [picture] : [{ type: "text", text }, picture] };
}
