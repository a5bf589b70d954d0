import { isLoginText, LOGIN_MAX_CHARS, LOGIN_MIN_CHARS, loginKeyOf } from "#contract/account-rules.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import { looksLikeAssistant } from "./assistant-login.ts";
import { LOCAL_LOGIN } from "./local-account.ts";
import { composedText } from "./normalizable.ts";

const refused = (why: string) => invalidField("login", why);

/**
 * The login in NFC, without the white space (of Unicode) that was typed or pasted around it, if users may register it. Whether it is free is not known here.
 *
 * @throws PipitError INVALID_REQUEST with the field "login"
 */
export function checkLogin(login: string): string {
  const composed = composedText("login", login.trim(), { least: LOGIN_MIN_CHARS, most: LOGIN_MAX_CHARS });
  if (!isLoginText(composed)) {
    throw refused('may hold letters, digits, "_", ".", "-" and "@" only, and needs a letter or digit.');
  }
  if (loginKeyOf(composed) === LOCAL_LOGIN || looksLikeAssistant(composed)) throw loginReserved();
  return composed;
}

/**
 * A name that the server keeps for itself, or for a client: no user's login may look like one (docs/security.md,
 * statement 19).
 */
export function loginReserved(): PipitError {
  return refused("this name is reserved. Choose another one.");
}
