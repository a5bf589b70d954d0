import type { CompletionEvent } from "#server/domain/assistant/completions.ts";
import { DONE, type AnswerHead, type CompletionShape } from "./completion-shape.ts";

/**
 * The original server's shape, for its own page: content is a list of parts, each event has a name, and before each
 * stands a comment with the id of the session.
 */
export function seedShape({ id, created, model }: AnswerHead): CompletionShape {
  const event = (name: string, data: object): string =>
    `: session_id=${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const head = { id, object: "chat.completion.chunk", created, model };
  const chunk = (name: string, delta: object, finish: string | null): string =>
    event(name, { ...head, choices: [{ index: 0, delta, finish_reason: finish }] });
  return {
    begin: () => "",
    event(one: CompletionEvent) {
      switch (one.type) {
        case "text":
          return chunk("message", said(one.text), null);
        case "reasoning":
          return chunk("thinking", said(one.text), null);
        case "tool": {
          const name = one.state === "started" ? "tool_call" : "tool_result";
          return event(name, { ...head, tool_call_id: one.callId, name: one.name, content: one.summary });
        }
        case "end":
          return `${chunk("done", {}, "stop")}${DONE}`;
        default:
          return "";
      }
    },
    fail: (error) => `${event("error", error)}${DONE}`,
    whole: ({ text }) => ({
      id,
      object: "chat.completion",
      created,
      model,
      choices: [
        {
          index: 0,
          message: { ...said(text), tool_call_id: null },
          finish_reason: "stop",
        },
      ],
    }),
  };
}

function said(text: string): object {
  return { role: "assistant", content: [{ type: "text", text }] };
}
