import { isRecord, textIn, type JsonRecord } from "./json.ts";

/** A piece of an answer, as the SDK wants it. */
export type DeltaPiece =
  | { readonly content: string }
  | { readonly reasoning_content: string }
  | { readonly tool_calls: readonly object[] };

/** What one delta says, in order: reasoning before text, as the SDK does. */
export function piecesIn(delta: JsonRecord, calls: ToolCallDeltas): DeltaPiece[] {
  const pieces: DeltaPiece[] = [];
  const reasoning = reasoningIn(delta);
  if (reasoning !== undefined) pieces.push({ reasoning_content: reasoning });
  addContent(delta["content"], pieces);
  if (typeof delta["refusal"] === "string") addContent(delta["refusal"], pieces);
  const called = calls.take(delta["tool_calls"] ?? legacyCall(delta["function_call"]));
  if (called.length > 0) pieces.push({ tool_calls: called });
  return pieces;
}

const REASONING_NAMES = ["reasoning_content", "reasoning", "reasoning_text", "thinking", "thinking_content"];

/** One of the names by which servers send reasoning; those that send two send the same text twice. */
function reasoningIn(delta: JsonRecord): string | undefined {
  for (const name of REASONING_NAMES) {
    const value = delta[name];
    const text = isRecord(value) ? textIn(value["content"] ?? value["text"]) : textIn(value);
    if (text !== undefined) return text;
  }
  const details = delta["reasoning_details"];
  if (!Array.isArray(details)) return undefined;
  const texts = details.map((one) => (isRecord(one) ? (textIn(one["text"] ?? one["summary"]) ?? "") : ""));
  return textIn(texts.join(""));
}

/** Text, a part, or a list of texts and parts. */
function addContent(content: unknown, pieces: DeltaPiece[]): void {
  if (Array.isArray(content)) {
    for (const part of content) addContent(part, pieces);
  } else if (isRecord(content)) {
    const thinks = /think|reason/.test(textIn(content["type"]) ?? "");
    const inner = content["text"] ?? content["thinking"] ?? content["reasoning"] ?? content["content"];
    if (thinks) pieces.push({ reasoning_content: flatText(inner) });
    else addContent(inner, pieces);
  } else {
    const text = textIn(content);
    if (text !== undefined) pieces.push({ content: text });
  }
}

function flatText(value: unknown): string {
  if (Array.isArray(value)) return value.map(flatText).join("");
  if (isRecord(value)) return flatText(value["text"]);
  return textIn(value) ?? "";
}

/** The form before `tool_calls`: one call, without an id. */
function legacyCall(call: unknown): unknown {
  return isRecord(call) ? { index: 0, function: call } : undefined;
}

/** The tool calls of one answer, which come in pieces. */
export class ToolCallDeltas {
  readonly #named = new Set<number>();
  /** Arguments that came before the name of their tool, by index. Those without any name are dropped. */
  readonly #early = new Map<number, string>();

  /** The pieces that the SDK can use now. */
  take(list: unknown): object[] {
    if (list === undefined || list === null) return [];
    return (Array.isArray(list) ? list : [list]).flatMap((call) =>
      isRecord(call) ? this.#takeOne(call) : [],
    );
  }

  #takeOne(call: JsonRecord): object[] {
    const told = isRecord(call["function"]) ? call["function"] : call;
    const name = toolNameIn(told["name"]);
    const index = indexOf(call["index"]);
    const key = index ?? -1;
    const early = this.#early.get(key) ?? "";
    const args = early + argumentsIn(told["arguments"]);
    const isKnown = this.#named.has(key) || (index === undefined && this.#named.size > 0);
    if (name === undefined && !isKnown) {
      this.#early.set(key, args);
      return [];
    }
    this.#named.add(key);
    this.#early.delete(key);
    const extra = call["extra_content"];
    return [
      {
        index,
        id: textIn(call["id"]),
        function: { name, arguments: args },
        ...(isRecord(extra) ? { extra_content: extra } : {}),
      },
    ];
  }
}

/** Marks of gpt-oss stick to a name, behind it or as the room that its tools are in. */
function toolNameIn(value: unknown): string | undefined {
  return textIn(textIn(value)?.replace(/^functions\.(?=\w)|<\|[^]*$/g, ""));
}

function indexOf(value: unknown): number | undefined {
  const index = Number(value ?? Number.NaN);
  return Number.isInteger(index) ? index : undefined;
}

/** Arguments are JSON as text; some servers send the value itself. */
function argumentsIn(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
