import { DISPLAY_NAME_MAX_CHARS } from "#contract/account-rules.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import { composedText } from "./normalizable.ts";

const ABOUT_MAX_CHARACTERS = 2000;
/** Control characters, and the marks that turn the direction of what stands around them. */
const unprintable = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;
export const unprintableInText = /[^\P{Cc}\n\r\t]|[\u202A-\u202E\u2066-\u2069]/u;

/**
 * The name that others see: NFC, without spaces around it.
 *
 * @throws PipitError INVALID_REQUEST with the field "display_name"
 */
export function checkDisplayName(name: string): string {
  const trimmed = composedText("display_name", name.trim(), { least: 1, most: DISPLAY_NAME_MAX_CHARS });
  if (unprintable.test(trimmed)) throw invalidField("display_name", "must hold no control characters.");
  return trimmed;
}

/**
 * What a user says about themselves: NFC, several lines; undefined when nothing is left.
 *
 * @throws PipitError INVALID_REQUEST with the field "about"
 */
export function checkAbout(about: string): string | undefined {
  const hint = ", with few marks on a letter";
  const trimmed = composedText("about", about.trim(), { least: 0, most: ABOUT_MAX_CHARACTERS, hint });
  if (unprintableInText.test(trimmed))
    throw invalidField("about", "must hold no control characters but line ends.");
  return trimmed === "" ? undefined : trimmed;
}
