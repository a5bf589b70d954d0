import { PipitError } from "#contract/pipit-error.ts";
import { LOCAL_LOGIN } from "./local-account.ts";
import { isNormalizable } from "./normalizable.ts";
import { loginKeyOf } from "./ports.ts";

const LOGIN_MIN_CHARACTERS = 3;
export const LOGIN_MAX_CHARACTERS = 50;
const allowed = /^[\p{L}\p{M}\p{N}_.@-]+$/u;
const withLetterOrDigit = /[\p{L}\p{N}]/u;

/**
 * The login in NFC, if users may register it. Whether it is free is not known here.
 *
 * @throws PipitError INVALID_REQUEST with the field "login"
 */
export function checkLogin(login: string): string {
  if (!isNormalizable(login, LOGIN_MAX_CHARACTERS)) {
    throw refused(`login: must be ${LOGIN_MIN_CHARACTERS} to ${LOGIN_MAX_CHARACTERS} characters long.`);
  }
  const composed = login.normalize("NFC");
  const characters = [...composed].length;
  if (characters < LOGIN_MIN_CHARACTERS || characters > LOGIN_MAX_CHARACTERS) {
    throw refused(
      `login: must be ${LOGIN_MIN_CHARACTERS} to ${LOGIN_MAX_CHARACTERS} characters long; this one has ${characters}.`,
    );
  }
  if (!allowed.test(composed) || !withLetterOrDigit.test(composed)) {
    throw refused(
      'login: may hold letters, digits, "_", ".", "-" and "@" only, and needs a letter or digit.',
    );
  }
  if (loginKeyOf(composed) === LOCAL_LOGIN) throw loginReserved();
  return composed;
}

/**
 * A name that the server keeps for itself, or for a client: no user's login may look like one (docs/security.md,
 * statement 19).
 */
export function loginReserved(): PipitError {
  return refused("login: this name is reserved. Choose another one.");
}

function refused(message: string): PipitError {
  return new PipitError("INVALID_REQUEST", message, { field: "login" });
}
