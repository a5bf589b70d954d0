import type { ModelMessage as SdkMessage } from "ai";
import type { ModelMessage } from "../ports.ts";

/** Our messages in the SDK's form; `instructions` is all system text (the SDK takes none among the messages). */
export function toSdkPrompt(
  messages: readonly ModelMessage[],
  withImages: boolean,
): { readonly instructions: string | undefined; readonly messages: SdkMessage[] } {
  const system = messages.flatMap((message) => (message.role === "system" ? [message.text] : []));
  return {
    instructions: system.length === 0 ? undefined : system.join("\n\n"),
    messages: messages.flatMap((message) => toSdkMessage(message, withImages)),
  };
}

export function hasImage(messages: readonly ModelMessage[]): boolean {
  return messages.some((message) => message.image !== undefined);
}

function toSdkMessage(message: ModelMessage, withImages: boolean): SdkMessage[] {
  switch (message.role) {
    case "system":
      return [];
    case "assistant":
      return [{ role: "assistant", content: message.text }];
    case "user":
      if (message.image === undefined || !withImages) return [{ role: "user", content: message.text }];
      return [
        {
          role: "user",
          content: [
            { type: "text", text: message.text },
            { type: "file", mediaType: "image/jpeg", data: message.image },
          ],
        },
      ];
  }
}
