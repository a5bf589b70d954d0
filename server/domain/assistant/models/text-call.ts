import { isRecord, parseJson, textIn } from "./wire/json.ts";

/** A call of a tool that a model wrote as text; `input` is its arguments as JSON. */
export interface TextCall {
  readonly tool: string;
  readonly input: string;
}

/** Reads what stands between the marks of a call: JSON as of Hermes and Qwen, or Qwen Coder's tags. Undefined: no call. */
export function textCallIn(body: string): TextCall | undefined {
  const tool = /^\s*<function=([^>\s]+)>/.exec(body)?.[1];
  if (tool !== undefined) return { tool, input: JSON.stringify(parametersIn(body)) };
  const call = parseJson(body);
  const name = isRecord(call) ? textIn(call["name"]) : undefined;
  if (!isRecord(call) || name === undefined) return undefined;
  const input = call["arguments"] ?? call["parameters"] ?? {};
  return { tool: name, input: typeof input === "string" ? input : JSON.stringify(input) };
}

/** Values are text; only objects and lists can be told from it. */
function parametersIn(body: string): Record<string, unknown> {
  const found = body.matchAll(/<parameter=([^>\s]+)>\n?([^]*?)\n?<\/parameter>/g);
  return Object.fromEntries(
    Array.from(found, ([, name = "", value = ""]) => [
      name,
      (/^\s*[{[]/.test(value) && parseJson(value)) || value,
    ]),
  );
}
