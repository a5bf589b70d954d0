import type { CompileContext, Extension as FromMarkdownExtension, Token } from "mdast-util-from-markdown";
import type { Code, Construct, Effects, Extension, State, TokenizeContext } from "micromark-util-types";
import { math } from "micromark-extension-math";
import { isCjk, matches } from "./cjk-syntax.ts";
import { environmentBlock } from "./environment-blocks.ts";
import {
  blocksFromMarkdown,
  bracketBlock,
  dollarBlock,
  isBlank,
  isEol,
  pricesAndWords,
} from "./formula-blocks.ts";

declare module "micromark-util-types" {
  interface TokenTypeMap {
    /** `$x$`, `\(x\)` or `\[x\]` inside a paragraph. */
    formula: "formula";
    formulaData: "formulaData";
  }
}

const dollar = 36;
const openParen = 40;
const closeParen = 41;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;

/**
 * Closing characters that were searched in vain up to the end of a paragraph: many lone dollars must not make us read to
 * the end each time.
 */
const missing = new WeakMap<TokenizeContext, Set<Code>>();

function isMissing(context: TokenizeContext, closer: Code): boolean {
  return missing.get(context)?.has(closer) ?? false;
}
function setMissing(context: TokenizeContext, closer: Code): void {
  missing.set(context, (missing.get(context) ?? new Set()).add(closer));
}

function isDigit(code: Code): boolean {
  return code !== null && code >= 48 && code <= 57;
}

/** "$5 (or 5$": words of TeX have a backslash. */
const amountAndWords = /^\$\d.*[\s(]\p{L}{2}/su;

/** What a formula does not follow: a letter or digit of a script that sets spaces, or the end of a group. */
function endsWord(code: Code): boolean {
  return matches(/[\p{L}\p{N})\]}+^]/u, code) && !isCjk(code);
}
/** What may begin the name of a variable of a shell. */
function beginsName(code: Code): boolean {
  return matches(/[\p{L}_{]/u, code) && !isCjk(code);
}

/** A line break inside of the current `formulaData`. */
function consumeEol(effects: Effects, code: Code): void {
  effects.exit("formulaData");
  effects.enter("lineEnding");
  effects.consume(code);
  effects.exit("lineEnding");
  effects.enter("formulaData");
}

/**
 * `$x$` as Pandoc reads it: no space inside the dollars and no digit after them, so that "$5 and $10" stays money; and
 * no word before them ("5$ and 6$"), no words behind an amount ("$5 (or 5$)"), nor one directly behind a dollar that could open as well ("$HOME/bin:$PATH"). The
 * next dollar decides. Two dollars are left to micromark-extension-math.
 */
const dollarFormula: Construct = {
  name: "dollarFormula",
  previous: (code) => code !== dollar,
  tokenize(this: TokenizeContext, effects, ok, nok) {
    let isFirst = true;
    let previous: Code = dollar;
    let beforeLast: Code = dollar;
    const start = this.now();
    const closed: State = (code) => {
      const isMoney = isDigit(code) || amountAndWords.test(this.sliceSerialize({ start, end: this.now() }));
      if (isMoney || code === dollar || (beginsName(code) && !endsWord(beforeLast))) return nok(code);
      effects.exit("formulaData");
      effects.exit("formula");
      return ok(code);
    };
    const inside: State = (code) => {
      if (isFirst && (code === dollar || isBlank(code) || isEol(code))) return nok(code);
      isFirst = false;
      if (code === null) {
        setMissing(this, dollar);
        return nok(code);
      }
      const closes = code === dollar && previous !== backslash;
      if (closes && (isBlank(previous) || isEol(previous))) return nok(code);
      beforeLast = previous;
      previous = code;
      if (isEol(code)) consumeEol(effects, code);
      else effects.consume(code);
      return closes ? closed : inside;
    };
    return (code) => {
      if (endsWord(this.previous) || isMissing(this, dollar)) return nok(code);
      effects.enter("formula");
      effects.enter("formulaData");
      effects.consume(code);
      return inside;
    };
  },
};

/** `\(x\)` and `\[x\]` inside a paragraph. */
const bracketFormula: Construct = {
  name: "bracketFormula",
  tokenize(this: TokenizeContext, effects, ok, nok) {
    let closer = closeParen;
    const afterSlash: State = (code) => {
      if (code === null || isEol(code)) return inside(code);
      effects.consume(code);
      if (code !== closer) return inside;
      effects.exit("formulaData");
      effects.exit("formula");
      return ok;
    };
    const inside: State = (code) => {
      if (code === null) {
        setMissing(this, closer);
        return nok(code);
      }
      if (isEol(code)) consumeEol(effects, code);
      else effects.consume(code);
      return code === backslash ? afterSlash : inside;
    };
    const opening: State = (code) => {
      if (code !== openParen && code !== openBracket) return nok(code);
      if (code === openBracket) closer = closeBracket;
      if (isMissing(this, closer)) return nok(code);
      effects.consume(code);
      return inside;
    };
    return (code) => {
      effects.enter("formula");
      effects.enter("formulaData");
      effects.consume(code);
      return opening;
    };
  },
};

/** `$$x$$` inside a paragraph, as micromark-extension-math reads it, but for words between two levels of prices, or two prices. */
function withoutPrices(construct: Construct): Construct {
  return {
    ...construct,
    tokenize(this: TokenizeContext, effects, ok, nok) {
      const start = this.now();
      const closed: State = (code) =>
        isDigit(code) || pricesAndWords.test(this.sliceSerialize({ start, end: this.now() }))
          ? nok(code)
          : ok(code);
      return construct.tokenize.call(this, effects, closed, nok);
    },
  };
}

const doubleDollars = [math({ singleDollarTextMath: false }).text?.[dollar] ?? []].flat().map(withoutPrices);

/** Formulas in all the delimiters that models write. */
export const formulaSyntax: Extension = {
  flow: { [dollar]: dollarBlock, [backslash]: [bracketBlock, environmentBlock] },
  text: { [dollar]: [dollarFormula, ...doubleDollars], [backslash]: bracketFormula },
};

function enterFormula(this: CompileContext, token: Token): void {
  this.enter({ type: "inlineMath", value: "" }, token);
  this.buffer();
}

/** The delimiters tell what it is; `meta` and `data` of the nodes stay free of them. */
function exitFormula(this: CompileContext, token: Token): void {
  const raw = this.resume();
  const node = this.stack.at(-1);
  if (node?.type === "inlineMath") {
    const width = raw.startsWith("$") ? 1 : 2;
    node.value = raw.slice(width, -width);
    if (raw.startsWith("\\[")) node.data = { display: true };
  }
  this.exit(token);
}

function exitData(this: CompileContext, token: Token): void {
  this.config.enter["data"]?.call(this, token);
  this.config.exit["data"]?.call(this, token);
}

declare module "mdast-util-math" {
  interface InlineMathData {
    display?: boolean;
  }
}

/** Turns the tokens of `formulaSyntax` into the nodes that mdast-util-math has for formulas. */
export const formulaFromMarkdown: FromMarkdownExtension = {
  canContainEols: ["inlineMath", "math"],
  enter: { formula: enterFormula, ...blocksFromMarkdown.enter },
  exit: { formula: exitFormula, formulaData: exitData, ...blocksFromMarkdown.exit },
};
