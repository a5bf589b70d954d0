import type { CompletionEvent } from "#server/domain/assistant/completions.ts";
import { DONE, type AnswerHead, type WholeAnswer } from "./completion-shape.ts";
import type { OpenAiError } from "./openai-error.ts";
import {
  endOf,
  itemBody,
  itemOf,
  partOf,
  responseBody,
  type Call,
  type OutputItem,
} from "./response-body.ts";
import type { ResponseRequest } from "./response-request.ts";

/**
 * Responses as https://www.openresponses.org has them. The answer is a message, then its calls of functions; each of them
 * begins, grows and ends by events of its own, and the last event has the whole.
 *
 * @param now epoch seconds
 */
export function responseShape(head: AnswerHead, given: ResponseRequest["given"], now: () => number) {
  const items: OutputItem[] = [];
  let current: OutputItem | undefined;
  let sequence = 0;
  const event = (type: string, fields: object): string => {
    const data = JSON.stringify({ type, sequence_number: sequence, ...fields });
    sequence += 1;
    return `event: ${type}\ndata: ${data}\n\n`;
  };
  const begin = (call: Call | undefined): string => {
    const item = itemOf(items.length, call);
    items.push(item);
    const place = { item_id: item.id, output_index: item.index };
    const added = event("response.output_item.added", {
      output_index: item.index,
      item: itemBody(item, "in_progress"),
    });
    if (call === undefined) {
      current = item;
      const part = { ...place, content_index: 0, part: partOf("") };
      return added + event("response.content_part.added", part);
    }
    item.text = call.input;
    return (
      added +
      event("response.function_call_arguments.delta", { ...place, delta: call.input }) +
      event("response.function_call_arguments.done", { ...place, name: call.name, arguments: call.input }) +
      done(item)
    );
  };
  const done = (item: OutputItem): string =>
    event("response.output_item.done", { output_index: item.index, item: itemBody(item, "completed") });
  const finishText = (): string => {
    if (current === undefined) return "";
    const item = current;
    current = undefined;
    const place = { item_id: item.id, output_index: item.index, content_index: 0 };
    return (
      event("response.output_text.done", { ...place, text: item.text, logprobs: [] }) +
      event("response.content_part.done", { ...place, part: partOf(item.text) }) +
      done(item)
    );
  };
  const say = (text: string): string => {
    const begun = current === undefined ? begin(undefined) : "";
    if (current === undefined) return begun;
    current.text += text;
    const place = { item_id: current.id, output_index: current.index, content_index: 0 };
    return begun + event("response.output_text.delta", { ...place, delta: text, logprobs: [] });
  };
  return {
    begin(): string {
      const response = responseBody(head, given, { status: "in_progress" });
      return event("response.created", { response }) + event("response.in_progress", { response });
    },
    event(one: CompletionEvent): string {
      if (one.type === "text") return say(one.text);
      if (one.type === "call") return finishText() + begin(one);
      if (one.type !== "end") return "";
      // A response without a word has an empty message.
      const rest = items.length === 0 ? begin(undefined) + finishText() : finishText();
      const output = items.map((item) => itemBody(item, "completed"));
      const response = responseBody(head, given, { ...endOf(one, now()), output });
      return `${rest}${event(`response.${response.status}`, { response })}${DONE}`;
    },
    fail({ error: { code, message } }: OpenAiError["body"]): string {
      const output = items.map((item) => itemBody(item, "incomplete"));
      const response = responseBody(head, given, { status: "failed", output, error: { code, message } });
      return `${event("response.failed", { response })}${DONE}`;
    },
    whole({ text, calls, end }: WholeAnswer): object {
      const said = text === "" && calls.length > 0 ? [] : [{ call: undefined, text }];
      const made = [...said, ...calls.map((call) => ({ call, text: call.input }))];
      const output = made.map(({ call, text: words }, index) =>
        itemBody({ ...itemOf(index, call), text: words }, "completed"),
      );
      return responseBody(head, given, { ...endOf(end, now()), output });
    },
  };
}
