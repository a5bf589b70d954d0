import { MEMORY_MAX_CHARS } from "#contract/limits.ts";
import { composedText } from "../accounts/normalizable.ts";

/**
 * A memory on one line, in NFC, without control characters or marks that turn the direction of text.
 *
 * @throws PipitError INVALID_REQUEST with the field "text"
 */
export function checkMemoryText(text: string): string {
  const line = text
    .slice(0, MEMORY_MAX_CHARS * 8)
    .replaceAll(/[\s\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu, " ")
    .trim();
  return composedText("text", line, { least: 1, most: MEMORY_MAX_CHARS });
}

/** The same for two texts that say the same but for capitals, spaces and the marks around them. */
export function memoryKeyOf(text: string): string {
  const folded = text.normalize("NFKC").toLowerCase();
  return folded.replaceAll(/^[\p{P}\p{S}\s]+|[\p{P}\p{S}\s]+$/gu, "") || folded;
}
