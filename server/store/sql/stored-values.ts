import { PipitError } from "#contract/pipit-error.ts";

/** How a boolean is stored. */
export function toFlag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

/**
 * A stored text as the one of `allowed` that it is. Throws STORAGE_CORRUPT for anything else: Pipit did not write it.
 * `place` names the column, for the log.
 */
export function known<const T extends string>(allowed: readonly T[], value: string, place: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw damaged(value, place);
  return found;
}

/** A stored JSON array of strings. Throws STORAGE_CORRUPT when it is something else. */
export function parseStrings(text: string, place: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(text, place);
  }
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) throw damaged(text, place);
  return value;
}

/** A stored list of words with a space between, each once. */
export function splitWords(text: string): readonly string[] {
  return [...new Set(text.split(" ").filter((word) => word !== ""))];
}

function damaged(value: string, place: string): PipitError {
  return new PipitError(
    "STORAGE_CORRUPT",
    "A record in the server's database is damaged. Restore a backup of the database.",
    { detail: `unexpected value ${JSON.stringify(value)} in ${place}` },
  );
}
