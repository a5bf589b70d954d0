import type { MessagePart } from "#contract/chat-state.ts";
import { isOfVoice } from "../speech/notices.ts";
import type { TurnEvent } from "./turn-types.ts";

type SpokenPart = Extract<MessagePart, { readonly kind: "text" }>;

/** What is kept of an answer's events: of each tool call its last state, and nothing that was said of the voice. */
export function partsOf(events: readonly TurnEvent[]): readonly MessagePart[] {
  const parts: MessagePart[] = [];
  for (const event of events) {
    if (event.type === "text" || event.type === "reasoning") addText(parts, event.type, event.text);
    else if (event.type === "notice") {
      if (!isOfVoice(event.code)) parts.push({ kind: "notice", code: event.code, text: event.text });
    } else if (event.type === "tool") {
      const { type: kind, ...call } = event;
      const known = parts.findIndex((part) => part.kind === "tool" && part.callId === call.callId);
      parts.splice(known === -1 ? parts.length : known, 1, { kind, ...call });
    }
  }
  return parts;
}

/** Says a kept part, text apart, again. */
export function eventOf(part: Exclude<MessagePart, SpokenPart>): TurnEvent {
  switch (part.kind) {
    case "reasoning":
      return { type: "reasoning", text: part.text, takesText: false };
    case "notice":
      return { type: "notice", code: part.code, text: part.text };
    case "tool": {
      const { kind: type, ...call } = part;
      return { type, ...call };
    }
  }
}

/** Pieces of one kind with nothing between them are one part. */
function addText(parts: MessagePart[], kind: "text" | "reasoning", text: string): void {
  const last = parts.at(-1);
  if (last?.kind === kind) parts[parts.length - 1] = { kind, text: last.text + text };
  else parts.push({ kind, text });
}
