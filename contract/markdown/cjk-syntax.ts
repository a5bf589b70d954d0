import { attention } from "micromark-core-commonmark";
import type {
  Code,
  Construct,
  ConstructRecord,
  Effects,
  Extension,
  State,
  TokenizeContext,
} from "micromark-util-types";

/** Letters, signs and full-width forms of Chinese, Japanese and Korean, in UTF-16. */
const cjk = /[\u1100-\u11ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffee]/;
/** What no address holds as it is: punctuation of other scripts, and quotation marks other than the straight ones. */
export const addressEnd =
  /[\u060c\u061b\u061f\u06d4\u0964\u0965\u2026\u3000-\u3003\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65«»“”„]/;

/** An address so far, whose host is complete: no label of letters, and no port, goes on in CJK. */
const hostSoFar = /^(?:https?:\/\/)?(?:[a-z\d.-]+\.[a-z]{2,}|[a-z\d.-]+:\d+)$/i;

const star = 42;

/** Whether a character of the source, which may be none, is one of these. */
export function matches(pattern: RegExp, code: Code): boolean {
  return code !== null && code >= 0 && pattern.test(String.fromCharCode(code));
}

export function isCjk(code: Code): boolean {
  return matches(cjk, code);
}

function isSpace(code: Code): boolean {
  return code === null || code < 0 || matches(/\s/, code);
}

/** CJK, or a letter of another script without capitals: most of those set no spaces, or set words together. */
function isUncased(code: Code): boolean {
  return isCjk(code) || matches(/[\p{Lo}\p{M}]/u, code);
}

/**
 * Marks beside such a character begin and end emphasis whatever stands on their other side. CommonMark (§6.2) tells the
 * two apart by spaces and punctuation, so that `**粗体。**后面`, which has no spaces, would show its stars.
 */
function besideUncased(construct: Construct): Construct {
  return {
    ...construct,
    tokenize(this: TokenizeContext, effects, ok, nok) {
      const before = this.previous;
      const adjusted: State = (code) => {
        const token = this.events.at(-1)?.[1];
        if (token !== undefined && (isUncased(before) || isUncased(code))) {
          token._open ||= !isSpace(code);
          token._close ||= !isSpace(before);
        }
        return ok(code);
      };
      return construct.tokenize.call(this, effects, adjusted, nok);
    },
  };
}

/** An address in the text ends where punctuation of other scripts or the mark of emphasis stands, as if the text did. */
function endingAtMarks(construct: Construct): Construct {
  return {
    ...construct,
    tokenize(this: TokenizeContext, effects, ok, nok) {
      let actual: Code = null;
      let isOver = false;
      const start = this.now();
      // "https://example.com에서": words are set together with what they follow.
      const isEnd = (code: Code): boolean =>
        matches(addressEnd, code) ||
        (code === star && this.previous === star) ||
        (isCjk(code) && hostSoFar.test(this.sliceSerialize({ start, end: this.now() })));
      const leaving =
        (leave: State): State =>
        () => {
          isOver = true;
          return leave(actual);
        };
      const within =
        (state: State): State =>
        (code) => {
          actual = code;
          const next = state(isEnd(code) ? null : code);
          return isOver || next === undefined ? next : within(next);
        };
      // The parts of an address are read by constructs of their own, which end with the character that is really there.
      const part = (inner: Construct): Construct => ({
        ...inner,
        tokenize(this: TokenizeContext, _, partOk, partNok) {
          const yes: State = () => partOk(actual);
          return inner.tokenize.call(this, partEffects, yes, () => partNok(actual));
        },
      });
      const partEffects: Effects = {
        ...effects,
        attempt: (inner, yes, no) => effects.attempt(part(inner as Construct), yes, no),
        check: (inner, yes, no) => effects.check(part(inner as Construct), yes, no),
      };
      return within(construct.tokenize.call(this, partEffects, leaving(ok), leaving(nok)));
    },
  };
}

const rules: Readonly<Record<string, (construct: Construct) => Construct>> = {
  strikethrough: besideUncased,
  protocolAutolink: endingAtMarks,
  wwwAutolink: endingAtMarks,
};

/** GFM for text that sets no spaces between words and sentences; emphasis of CommonMark is adjusted as well. */
export function withCjkRules(gfm: Extension): Extension {
  const text: ConstructRecord = { [star]: besideUncased(attention) };
  for (const [code, constructs] of Object.entries(gfm.text ?? {})) {
    text[Number(code)] = [constructs ?? []]
      .flat()
      .map((construct) => rules[construct.name ?? ""]?.(construct) ?? construct);
  }
  return { ...gfm, text };
}
