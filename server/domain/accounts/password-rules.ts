import {
  brokenPasswordRules,
  PASSWORD_MAX_CHARS,
  PASSWORD_MIN_CHARS,
  type PasswordRule,
} from "#contract/account-rules.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import { invalidField } from "#server/domain/invalid-field.ts";

const refused = (why: string) => invalidField("password", why);

/** What a password lacks that breaks one of these rules. */
const lacks: Partial<Record<PasswordRule, string>> = {
  capital: "a capital letter",
  small: "a small letter",
  digit: "a digit",
  other: "a character that is neither letter nor digit, like ! or -",
};

/**
 * What a new password must be: 8 to 256 characters of any script, with a capital letter, a small one, a digit and
 * something else, and without the login in it.
 *
 * @returns the password in NFC, so that it is the same from every keyboard
 * Throws INVALID_REQUEST (field "password") that names what is missing.
 */
export function checkPassword(password: string, { login }: { readonly login?: string } = {}): string {
  // Before anything is done with it: a text of megabytes is not worth normalising.
  if (password.length > PASSWORD_MAX_CHARS * 4) throw tooLong();
  if (!password.isWellFormed()) throw refused("it contains half a character. Type it again.");
  const normal = password.normalize("NFC");
  const chars = [...normal].length;
  if (chars > PASSWORD_MAX_CHARS) throw tooLong();
  const broken = brokenPasswordRules(normal, login);
  if (broken.includes("length"))
    throw refused(`it has ${chars} characters and needs at least ${PASSWORD_MIN_CHARS}. Make it longer.`);
  if (/\p{Cc}/u.test(normal))
    throw refused("it contains a line break or another control character. Leave it out.");
  const missing = broken.flatMap((rule) => lacks[rule] ?? []);
  if (missing.length > 0) throw refused(`it lacks ${missing.join(", and ")}. Add that.`);
  if (broken.includes("without-login")) throw refused("it contains the login. Choose one that does not.");
  return normal;
}

function tooLong(): PipitError {
  return refused(`it is longer than ${PASSWORD_MAX_CHARS} characters. Make it shorter.`);
}
