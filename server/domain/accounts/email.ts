import { invalidField } from "#server/domain/invalid-field.ts";
import { isNormalizable } from "./normalizable.ts";

const refused = (why: string) => invalidField("email", why);

/** RFC 5321 §4.5.3.1 with erratum 1690: what fits into a mail path. */
export const EMAIL_MAX_CHARACTERS = 254;
const LOCAL_PART_MAX_CHARACTERS = 64;
const forbidden = /[\s\p{C}"(),:;<>[\\\]]/u;
const label = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u;

/**
 * The address as typed, in NFC. Only its form is checked: only a mail sent there could tell more.
 *
 * @throws PipitError INVALID_REQUEST with the field "email"
 */
export function checkEmail(email: string): string {
  if (!isNormalizable(email, EMAIL_MAX_CHARACTERS)) {
    throw refused(`must be at most ${EMAIL_MAX_CHARACTERS} characters long.`);
  }
  const composed = email.normalize("NFC");
  if (composed.length > EMAIL_MAX_CHARACTERS) {
    throw refused(
      `must be at most ${EMAIL_MAX_CHARACTERS} characters long; this one has ${composed.length}.`,
    );
  }
  const [local = "", domain = "", ...more] = composed.split("@");
  const wellFormed =
    more.length === 0 &&
    !forbidden.test(composed) &&
    local !== "" &&
    local.length <= LOCAL_PART_MAX_CHARACTERS &&
    domain.split(".").every((part) => label.test(part));
  if (!wellFormed) throw refused("this is no e-mail address. It must read like name@example.org.");
  return composed;
}
