/** An object of JSON, of which nothing is known yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A longer text that is no JSON is not looked at for what could be mended. */
const MENDED_MAX_CHARS = 1024 * 1024;

/**
 * The value of JSON text; undefined when it is none (JSON itself has no undefined). What writers of JSON leave in that it
 * does not allow is mended: Python's numbers that are none, and control characters as they are.
 */
export function parseJson(text: string): unknown {
  return parsed(text) ?? (text.length > MENDED_MAX_CHARS ? undefined : parsed(mended(text)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function mended(text: string): string {
  return text.replace(/"(?:[^"\\]|\\[^])*"|-?\b(?:NaN|Infinity)\b/g, (part) =>
    part.startsWith('"') ? part.replace(/\p{Cc}/gu, asEscape) : "null",
  );
}

function asEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A string that says something, or a number as one; undefined for all else. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
