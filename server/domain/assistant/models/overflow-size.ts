import type { Failure } from "./failure.ts";

/** The numbers of an overflow, as the server tells them; undefined where it does not. */
export interface OverflowSize {
  /** Tokens that the model holds. */
  readonly limit: number | undefined;
  /** Tokens that the request has. */
  readonly needed: number | undefined;
}

/** With thousands in groups of three, in the way of any language. */
const DIGITS = String.raw`(?:\d{1,3}(?:[,.'’_ \u00a0\u2009\u202f]\d{3})+(?!\d)|\d+)`;
const NUMBER = `(${DIGITS})`;
const LIMIT = [
  String.raw`\(${DIGITS} tokens?\).{0,60}context size \(${NUMBER}`,
  String.raw`${DIGITS} tokens? > ${NUMBER}`,
  String.raw`(?:context (?:length|window|size)|limit|maximum|max_model_len|n_ctx|at most|allowed|up to)\D{0,40}?${NUMBER}`,
];
const NEEDED = [
  String.raw`\(${NUMBER} tokens?\).{0,60}context size`,
  String.raw`${NUMBER} tokens? >`,
  String.raw`request contains ${NUMBER}`,
  String.raw`(?:requested|resulted in|requires|keep the first|token count|has|contains|of at least|prompt)\D{0,20}?${NUMBER}`,
];

/** Reads how much too much it was. Numbers that contradict each other are not believed. */
export function overflowSizeOf({ text }: Pick<Failure, "text">): OverflowSize {
  const limit = firstNumber(LIMIT, text);
  const needed = firstNumber(NEEDED, text);
  return limit !== undefined && needed !== undefined && needed > limit
    ? { limit, needed }
    : { limit, needed: undefined };
}

function firstNumber(patterns: readonly string[], text: string): number | undefined {
  for (const pattern of patterns) {
    const found = new RegExp(pattern, "i").exec(text)?.[1];
    const value = found === undefined ? 0 : Number(found.replace(/\D/g, ""));
    if (value >= 16) return value;
  }
  return undefined;
}
