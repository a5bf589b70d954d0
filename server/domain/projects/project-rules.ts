import { PROJECT_INSTRUCTIONS_MAX_CHARS } from "#contract/limits.ts";
import { composedText } from "../accounts/normalizable.ts";
import { unprintableInText } from "../accounts/profile-rules.ts";
import { invalidField } from "../invalid-field.ts";

/**
 * Instructions of a project: NFC, several lines.
 *
 * @throws PipitError INVALID_REQUEST with the field "instructions"
 */
export function checkInstructions(text: string): string {
  const most = PROJECT_INSTRUCTIONS_MAX_CHARS;
  const trimmed = composedText("instructions", text.trim(), { least: 0, most });
  if (unprintableInText.test(trimmed))
    throw invalidField("instructions", "must hold no control characters but line ends.");
  return trimmed;
}
