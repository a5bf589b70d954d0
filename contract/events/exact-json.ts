/** Numbers that a double may not hold have as many digits, or such an exponent; most texts have none, and are read at full speed. */
const suspects = /\d{16}|[eE][+-]?\d{3}/u;
/** Fewer digits than this are exact in any number that is safe. */
const EXACT_CHARS = 16;

/** ECMAScript 2027, "JSON.parse source text access"; the compiler's library does not describe it yet. */
interface ExactJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}
const json = JSON as unknown as ExactJson;

/**
 * Reads JSON so that `JSON.stringify` writes each number as it was: one that a double does not hold (2^53 + 1, 1e400) is no
 * number but something that {@link isExactNumber} knows. Node only.
 *
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  if (!suspects.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, { source = "" }) => {
    if (typeof value !== "number" || String(value) === source) return value;
    return Number.isSafeInteger(value) && source.length < EXACT_CHARS ? value : json.rawJSON(source);
  });
}

/** A number that only its text holds. */
export function isExactNumber(value: unknown): boolean {
  // Browsers that cannot make one have none.
  return "isRawJSON" in JSON && json.isRawJSON(value);
}
