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
    for (const login of loginsOf(groups?.["name"] ?? "")) names.add(login);
  }
  return [...names];
}

/** A part of a text: what names somebody, or what stands between such parts. */
interface MentionPiece {
  readonly text: string;
  /** As it is written. */
  readonly login?: string;
}

/** The text in pieces, which are all of it. Whom `knows` does not know is not named. */
export function mentionPieces(text: string, knows: (login: string) => boolean): readonly MentionPiece[] {
  const pieces: MentionPiece[] = [];
  let from = 0;
  for (const { index, groups } of text.matchAll(mention)) {
    const login = loginsOf(groups?.["name"] ?? "").find(knows);
    if (login === undefined) continue;
    const end = index + 1 + login.length;
    if (index > from) pieces.push({ text: text.slice(from, index) });
    pieces.push({ text: text.slice(index, end), login });
    from = end;
  }
  return from < text.length ? [...pieces, { text: text.slice(from) }] : pieces;
}

/** The longer one first. */
function loginsOf(name: string): readonly string[] {
  return [name, name.replace(/[.@-]+$/u, "")].filter(
    (login) => isLoginText(login) && [...login].length <= LOGIN_MAX_CHARS,
  );
}
