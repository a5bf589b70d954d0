import { PipitError } from "#contract/pipit-error.ts";
import { isNormalizable } from "./normalizable.ts";

const DISPLAY_NAME_MAX_CHARACTERS = 100;
const ABOUT_MAX_CHARACTERS = 2000;
/** Control characters, and the marks that turn the direction of what stands around them. */
const unprintable = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;
const unprintableInText = /[^\P{Cc}\n\r\t]|[\u202A-\u202E\u2066-\u2069]/u;

/**
 * The name that others see: NFC, without spaces around it.
 *
 * @throws PipitError INVALID_REQUEST with the field "display_name"
 */
export function checkDisplayName(name: string): string {
  if (!isNormalizable(name.trim(), DISPLAY_NAME_MAX_CHARACTERS)) {
    throw refused("display_name", `must be 1 to ${DISPLAY_NAME_MAX_CHARACTERS} characters long.`);
  }
  const trimmed = name.normalize("NFC").trim();
  const characters = [...trimmed].length;
  if (characters < 1 || characters > DISPLAY_NAME_MAX_CHARACTERS) {
    throw refused(
      "display_name",
      `must be 1 to ${DISPLAY_NAME_MAX_CHARACTERS} characters long; this one has ${characters}.`,
    );
  }
  if (unprintable.test(trimmed)) throw refused("display_name", "must hold no control characters.");
  return trimmed;
}

/**
 * What a user says about themselves: NFC, several lines; undefined when nothing is left.
 *
 * @throws PipitError INVALID_REQUEST with the field "about"
 */
export function checkAbout(about: string): string | undefined {
  if (!isNormalizable(about.trim(), ABOUT_MAX_CHARACTERS)) {
    throw refused(
      "about",
      `must be at most ${ABOUT_MAX_CHARACTERS} characters long, with few marks on a letter.`,
    );
  }
  const trimmed = about.normalize("NFC").trim();
  const characters = [...trimmed].length;
  if (characters > ABOUT_MAX_CHARACTERS) {
    throw refused(
      "about",
      `must be at most ${ABOUT_MAX_CHARACTERS} characters long; this one has ${characters}.`,
    );
  }
  if (unprintableInText.test(trimmed))
    throw refused("about", "must hold no control characters but line ends.");
  return trimmed === "" ? undefined : trimmed;
}

function refused(field: string, message: string): PipitError {
  return new PipitError("INVALID_REQUEST", `${field}: ${message}`, { field });
}
