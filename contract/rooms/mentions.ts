import { isLoginText, LOGIN_MAX_CHARS } from "../account-rules.ts";

/** Names in one message that are looked up; each of them may be told of it. */
export const MENTIONS_MAX = 20;

const mention = /(?<![\p{L}\p{M}\p{N}_.@-])@(?<name>[\p{L}\p{M}\p{N}_.@-]+)/gu;

/**
 * The logins that a message may name, as "@login". What ends a sentence may belong to a login as well, so "@ann." stands
 * for two of them. Of an e-mail address nothing.
 */
export function mentionsIn(text: string): readonly string[] {
  const names = new Set<string>();
  let count = 0;
  for (const { groups } of text.matchAll(mention)) {
    if (count++ === MENTIONS_MAX) break;
    const name = groups?.["name"] ?? "";
    for (const login of [name, name.replace(/[.@-]+$/u, "")])
      if (isLoginText(login) && [...login].length <= LOGIN_MAX_CHARS) names.add(login);
  }
  return [...names];
}
