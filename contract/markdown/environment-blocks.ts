import type { Construct, State, Token, TokenizeContext } from "micromark-util-types";
import { blockEnd, isEol, nextLine } from "./formula-blocks.ts";

const backslash = 92;
const closeBrace = 125;

/** What a formula is set in, without dollars around it: other environments hold text. */
const beginsFormula =
  /^\\begin\{(?:equation|align(?:ed|at)?|flalign|gather(?:ed)?|multline|eqnarray|split|cases|array|[bBpvV]?matrix)\*?\}$/u;
const longestBegin = "\\begin{equation*}".length;

/**
 * A block from a line that starts with `\begin{align}` or the like to the line of its `\end`. A blank line, which TeX does
 * not take there, ends it too, so that a lost end does not swallow the rest of an answer.
 */
export const environmentBlock: Construct = {
  concrete: true,
  tokenize(this: TokenizeContext, effects, ok, nok) {
    let begin = "";
    let end = "";
    let matched = 0;
    let onFirstLine = true;
    let block: Token | undefined;

    const opening: State = (code) => {
      if (code === null || code < 0 || begin.length >= longestBegin) return nok(code);
      effects.consume(code);
      begin += String.fromCodePoint(code);
      if (code !== closeBrace) return opening;
      end = begin.replace("begin", "end");
      return beginsFormula.test(begin) ? inside : nok;
    };
    const inside: State = (code) => {
      if (code === null || isEol(code)) {
        effects.exit("formulaData");
        if (code === null || (onFirstLine && this.interrupt === true)) return finish(code);
        onFirstLine = false;
        matched = 0;
        return effects.attempt(nextLine, startOfLine, finish)(code);
      }
      effects.consume(code);
      matched = code === end.charCodeAt(matched) ? matched + 1 : Number(code === backslash);
      return matched === end.length ? closed : inside;
    };
    const startOfLine: State = (code) => {
      if (code === null || isEol(code)) return finish(code);
      effects.enter("formulaData");
      return inside(code);
    };
    const { closed, finish } = blockEnd({ effects, ok, nok }, () => ({ onFirstLine, block }));
    return (code) => {
      block = effects.enter("formulaBlock");
      effects.enter("formulaBody");
      effects.enter("formulaData");
      return opening(code);
    };
  },
};
