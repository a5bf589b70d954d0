import type { ModelMessage } from "../ports.ts";
import type { ModelAbilities } from "./model-endpoint.ts";
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
    prompt.push(toPromptMessage({ ...message, text }, sent.images));
  }
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
