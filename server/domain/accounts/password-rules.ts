import type { PipitError } from "#contract/pipit-error.ts";
import { invalidField } from "#server/domain/invalid-field.ts";

const refused = (why: string) => invalidField("password", why);

/** In characters, as a person counts them (code points). */
const MIN_PASSWORD_CHARS = 8;
export const MAX_PASSWORD_CHARS = 256;
/** A shorter login ("a", "bo") is in many a password by chance. */
const MIN_LOGIN_CHARS_TO_FIND = 3;

interface Need {
  readonly what: string;
  readonly isMet: (password: string) => boolean;
}

/** A script without capitals (Hebrew, Chinese, Georgian of everyday) has letters that are both. */
const needs: readonly Need[] = [
  { what: "a capital letter", isMet: (password) => /[\p{Lu}\p{Lt}\p{Lo}]/u.test(password) },
  { what: "a small letter", isMet: (password) => /[\p{Ll}\p{Lo}]/u.test(password) },
  { what: "a digit", isMet: (password) => /\p{Nd}/u.test(password) },
  {
    what: "a character that is neither letter nor digit, like ! or -",
    isMet: (password) => /[\p{P}\p{S}\p{Zs}]/u.test(password),
  },
];

/**
 * What a new password must be: 8 to 256 characters of any script, with a capital letter, a small one, a digit and
 * something else, and without the login in it.
 *
 * @returns the password in NFC, so that it is the same from every keyboard
 * Throws INVALID_REQUEST (field "password") that names what is missing.
 */
export function checkPassword(password: string, { login }: { readonly login?: string } = {}): string {
  // Before anything is done with it: a text of megabytes is not worth normalising.
  if (password.length > MAX_PASSWORD_CHARS * 4) throw tooLong();
  if (!password.isWellFormed()) throw refused("it contains half a character. Type it again.");
  const normal = password.normalize("NFC");
  const chars = [...normal].length;
  if (chars < MIN_PASSWORD_CHARS) {
    throw refused(`it has ${chars} characters and needs at least ${MIN_PASSWORD_CHARS}. Make it longer.`);
  }
  if (chars > MAX_PASSWORD_CHARS) throw tooLong();
  if (/\p{Cc}/u.test(normal))
    throw refused("it contains a line break or another control character. Leave it out.");
  const missing = needs.filter(({ isMet }) => !isMet(normal)).map(({ what }) => what);
  if (missing.length > 0) throw refused(`it lacks ${missing.join(", and ")}. Add that.`);
  if (login !== undefined && containsLogin(normal, login)) {
    throw refused("it contains the login. Choose one that does not.");
  }
  return normal;
}

function containsLogin(password: string, login: string): boolean {
  const wanted = foldedOf(login);
  return [...wanted].length >= MIN_LOGIN_CHARS_TO_FIND && foldedOf(password).includes(wanted);
}

function foldedOf(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

function tooLong(): PipitError {
  return refused(`it is longer than ${MAX_PASSWORD_CHARS} characters. Make it shorter.`);
}
