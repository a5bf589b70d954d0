import { isRecord, type JsonRecord } from "./json.ts";

/** Most tokens that are counted: what an int32 of the wire and an integer column of the database hold. */
const MAX_TOKENS = 2 ** 31 - 1;

/** Tokens of one answer; undefined: the server did not say. */
export interface TokenCounts {
  readonly input: number | undefined;
  readonly output: number | undefined;
}

/** Adds counts of tokens; what is too much for our wire and tables stays at their limit. */
export function addTokens(one: number, other: number): number {
  return Math.min(one + other, MAX_TOKENS);
}

/** Counts as servers tell them: `usage`, Groq's `x_groq.usage`, llama.cpp's `timings`; as numbers or as text. */
export function tokensIn(chunk: JsonRecord): TokenCounts | undefined {
  const groq = isRecord(chunk["x_groq"]) ? chunk["x_groq"]["usage"] : undefined;
  const usage = chunk["usage"] ?? groq;
  if (isRecord(usage)) {
    return {
      input: countIn(usage["prompt_tokens"] ?? usage["input_tokens"]),
      output: countIn(usage["completion_tokens"] ?? usage["output_tokens"]),
    };
  }
  const timings = chunk["timings"];
  return isRecord(timings)
    ? { input: countIn(timings["prompt_n"]), output: countIn(timings["predicted_n"]) }
    : undefined;
}

/** A whole number of tokens; undefined for what is none. */
function countIn(value: unknown): number | undefined {
  const count = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof count !== "number" || !(count >= 0)) return undefined;
  return Math.min(Math.round(count), MAX_TOKENS);
}
