import { MEMORY_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { composedText } from "../accounts/normalizable.ts";
import { oneLine } from "#contract/texts/one-line.ts";
import { MEMORIES_MAX } from "./ports.ts";

/**
 * A memory on {@link oneLine}, in NFC.
 *
 * @throws PipitError INVALID_REQUEST with the field "text"
 */
export function checkMemoryText(text: string): string {
  const line = oneLine(text.slice(0, MEMORY_MAX_CHARS * 8));
  return composedText("text", line, { least: 1, most: MEMORY_MAX_CHARS });
}

/** The same for two texts that say the same but for capitals, spaces and the marks around them. */
export function memoryKeyOf(text: string): string {
  const folded = text.normalize("NFKC").toLowerCase();
  return folded.replaceAll(/^[\p{P}\p{S}\s]+|[\p{P}\p{S}\s]+$/gu, "") || folded;
}

export function noRoom(): PipitError {
  return new PipitError(
    "INVALID_REQUEST",
    `There are ${MEMORIES_MAX} memories, and no more are kept. Forget some first.`,
    { field: "text" },
  );
}
