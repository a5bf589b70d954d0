/** Of logins, in characters as a person counts them (code points). */
export const LOGIN_MIN_CHARS = 3;
export const LOGIN_MAX_CHARS = 50;
export const PASSWORD_MIN_CHARS = 8;
export const PASSWORD_MAX_CHARS = 256;
export const DISPLAY_NAME_MAX_CHARS = 100;

/** What the server says of a login that another account has, word for word as the original does. */
export const LOGIN_TAKEN = "Login already exists";

const loginText = /^[\p{L}\p{M}\p{N}_.@-]+$/u;
const withLetterOrDigit = /[\p{L}\p{N}]/u;

/** True for a text, in NFC, that is of what logins are made of: letters, digits, "_", ".", "-" and "@". */
export function isLoginText(login: string): boolean {
  return loginText.test(login) && withLetterOrDigit.test(login);
}

/** What must be unique about a login: NFKC and lower case without white space around it, so that no user can look like another by spelling. */
export function loginKeyOf(login: string): string {
  return login.trim().normalize("NFKC").toLowerCase();
}

/** What a new password must be, one rule each. */
export type PasswordRule = "length" | "capital" | "small" | "digit" | "other" | "without-login";

/** A script without capitals (Hebrew, Chinese, Georgian of everyday) has letters that are both. */
const kinds = {
  capital: /[\p{Lu}\p{Lt}\p{Lo}]/u,
  small: /[\p{Ll}\p{Lo}]/u,
  digit: /\p{Nd}/u,
  other: /[\p{P}\p{S}\p{Zs}]/u,
} as const satisfies Partial<Record<PasswordRule, RegExp>>;

/** A shorter login ("a", "bo") is in many a password by chance. */
const LOGIN_MIN_CHARS_TO_FIND = 3;

/** The rules that a new password, in NFC, does not keep, in the order in which they are told. */
export function brokenPasswordRules(password: string, login = ""): readonly PasswordRule[] {
  const { length } = [...password];
  const broken: PasswordRule[] = length < PASSWORD_MIN_CHARS || length > PASSWORD_MAX_CHARS ? ["length"] : [];
  for (const [rule, pattern] of Object.entries(kinds))
    if (!pattern.test(password)) broken.push(rule as keyof typeof kinds);
  return containsLogin(password, login) ? [...broken, "without-login"] : broken;
}

function containsLogin(password: string, login: string): boolean {
  const wanted = foldedOf(login);
  return [...wanted].length >= LOGIN_MIN_CHARS_TO_FIND && foldedOf(password).includes(wanted);
}

function foldedOf(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
