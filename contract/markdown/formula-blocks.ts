import type { CompileContext, Extension as FromMarkdownExtension, Token } from "mdast-util-from-markdown";
import type { Code, Construct, Effects, Point, State, TokenizeContext } from "micromark-util-types";

declare module "micromark-util-types" {
  interface TokenTypeMap {
    /** Lines from one that starts with `\[` or `$$` to the one that closes it, with what stands there behind it. */
    formulaBlock: "formulaBlock";
    /** The formula in it. */
    formulaBody: "formulaBody";
  }
}
declare module "mdast-util-math" {
  interface MathData {
    unfinished?: boolean;
  }
}

const space = 32;
const dollar = 36;
const backslash = 92;
const openBracket = 91;
const closeBracket = 93;

export function isEol(code: Code): boolean {
  return code !== null && code < -2;
}
export function isBlank(code: Code): boolean {
  return code === -2 || code === -1 || code === space;
}

/** "$$ moderate", "($$), Thai ($$)": words of TeX have a backslash, and no formula begins with the end of a group. */
export const pricesAndWords = /^\$+(?:[^\\=^_<>]*?(?:\p{L}{4}|\p{L}{2}\s+\p{L}{2})[^\\=^_<>]*$|\s*[)\],;.])/u;

/** Whether the next line belongs to the same container; a lazy line does not. */
export const nextLine: Construct = {
  partial: true,
  tokenize(this: TokenizeContext, effects, ok, nok) {
    return (code) => {
      if (code === null) return nok(code);
      effects.enter("lineEnding");
      effects.consume(code);
      effects.exit("lineEnding");
      return (start) => (this.parser.lazy[this.now().line] === true ? nok(start) : ok(start));
    };
  },
};

/** Formulas that text follows on their last line. */
const withText = new WeakSet<object>();

const restOfLine: Construct = {
  partial: true,
  tokenize(effects, ok) {
    const inside: State = (code) => {
      if (code === null || isEol(code)) {
        effects.exit("chunkText");
        return ok(code);
      }
      effects.consume(code);
      return inside;
    };
    return (code) => {
      effects.enter("chunkText", { contentType: "text" });
      return inside(code);
    };
  },
};

/**
 * How a block of a formula ends: `closed` is the state behind its end, where text may follow but not on the first line,
 * `finish` that of a block which ends with its last line.
 *
 * @param at where the block is now
 */
export function blockEnd(
  { effects, ok, nok }: { readonly effects: Effects; readonly ok: State; readonly nok: State },
  at: () => { readonly onFirstLine: boolean; readonly block: Token | undefined },
): { readonly closed: State; readonly finish: State } {
  const closed: State = (code) => {
    if (isBlank(code)) {
      effects.consume(code);
      return closed;
    }
    const isOver = code === null || isEol(code);
    const { onFirstLine, block } = at();
    if (!isOver && onFirstLine) return nok(code);
    effects.exit("formulaData");
    if (isOver) return finish(code);
    if (block !== undefined) withText.add(block);
    effects.exit("formulaBody");
    return effects.attempt(restOfLine, leave, nok)(code);
  };
  const leave: State = (code) => {
    effects.exit("formulaBlock");
    return ok(code);
  };
  const finish: State = (code) => {
    effects.exit("formulaBody");
    return leave(code);
  };
  return { closed, finish };
}

/** Whether the paragraph before `end` has opened a formula by `$$` that waits for its end. */
function awaitsEnd({ events, sliceSerialize }: TokenizeContext, end: Point): boolean {
  const start = events.findLast(([kind, { type }]) => kind === "enter" && type === "content")?.[1].start;
  const runs = start === undefined ? undefined : sliceSerialize({ start, end }).match(/\$\$+/gu);
  return (runs?.length ?? 0) % 2 === 1;
}

/**
 * A block from a line that starts with `\[` or `$$` to its end in one of the lines after. It may hold lines that would be
 * lists or headings. Text behind its end is text. A blank line ends a bracket's block too, so that a lost one does not
 * swallow the rest of an answer. Whether a line begins such a block is known at the end of that line, which sealing relies
 * on: a line that holds the end and more is a sentence.
 */
function formulaBlock(first: Code): Construct {
  const isDollars = first === dollar;
  return {
    concrete: true,
    tokenize(this: TokenizeContext, effects, ok, nok) {
      const start = this.now();
      let onFirstLine = true;
      let blankLine = false;
      let isEscaped = false;
      let dollars = 0;
      let closing = 0;
      let block: Token | undefined;

      const opening: State = (code) => {
        if (isDollars ? code === dollar : code === openBracket && dollars === 0) {
          effects.consume(code);
          dollars += 1;
          return isDollars ? opening : inLine;
        }
        if (!isDollars || dollars < 2 || (this.interrupt === true && awaitsEnd(this, start)))
          return nok(code);
        return inLine(code);
      };
      const inLine: State = (code) => {
        if (code === null || isEol(code)) return endOfLine(code);
        if (!isBlank(code)) blankLine = false;
        const closes = isDollars ? code === dollar && !isEscaped : code === closeBracket && isEscaped;
        isEscaped = code === backslash && !isEscaped;
        closing = closes ? closing + 1 : 0;
        effects.consume(code);
        return closing === dollars ? closed : inLine;
      };
      const endOfLine: State = (code) => {
        const line = { start, end: this.now() };
        if (onFirstLine && isDollars && pricesAndWords.test(this.sliceSerialize(line))) return nok(code);
        effects.exit("formulaData");
        if (blankLine || code === null || (onFirstLine && this.interrupt === true)) return finish(code);
        onFirstLine = false;
        closing = 0;
        isEscaped = false;
        return effects.attempt(nextLine, startOfLine, finish)(code);
      };
      const startOfLine: State = (code) => {
        if (code === null || (isEol(code) && !isDollars)) return finish(code);
        if (isEol(code)) return effects.attempt(nextLine, startOfLine, finish)(code);
        effects.enter("formulaData");
        blankLine = !isDollars;
        return inLine(code);
      };
      const { closed, finish } = blockEnd({ effects, ok, nok }, () => ({ onFirstLine, block }));
      return (code) => {
        block = effects.enter("formulaBlock");
        effects.enter("formulaBody");
        effects.enter("formulaData");
        if (isDollars) return opening(code);
        effects.consume(code);
        return opening;
      };
    },
  };
}

export const bracketBlock = formulaBlock(backslash);
export const dollarBlock = formulaBlock(dollar);

/** With text behind it, a formula is the beginning of a paragraph. */
function enterBlock(this: CompileContext, token: Token): void {
  const paragraph = { type: "paragraph" as const, children: [] };
  this.enter(withText.has(token) ? paragraph : { type: "math", value: "" }, token);
}

function enterBody(this: CompileContext, token: Token): void {
  if (this.stack.at(-1)?.type === "paragraph")
    this.enter({ type: "inlineMath", value: "", data: { display: true } }, token);
  this.buffer();
}

function exitBody(this: CompileContext, token: Token): void {
  const raw = this.resume();
  const node = this.stack.at(-1);
  if (node?.type !== "inlineMath" && node?.type !== "math") return;
  const isEnvironment = /^\\begin\{.*\\end\{[^{}]*\}\s*$/su.test(raw);
  const closed = /^(?:\\\[(?<bracket>.*)\\\]|(?<run>\$\$+)(?<dollars>.*)\k<run>)\s*$/su.exec(raw)?.groups;
  node.value = closed === undefined ? raw : `${closed["bracket"] ?? closed["dollars"]}`.trim();
  if (isEnvironment) node.value = raw.trim();
  if (node.type === "inlineMath") leaveBody(this, token, raw);
  else if (closed === undefined && !isEnvironment) node.data = { unfinished: true };
}

/** Ends a formula that text follows, but for the space between the two. */
function leaveBody(context: CompileContext, token: Token, raw: string): void {
  context.exit(token);
  const paragraph = context.stack.at(-1);
  if (paragraph?.type !== "paragraph" || !/\s$/u.test(raw)) return;
  paragraph.children.push({ type: "text", value: " ", position: { start: token.end, end: token.end } });
}

function exitBlock(this: CompileContext, token: Token): void {
  this.exit(token);
}

/** Turns the tokens of `formulaBlocks` into the nodes that mdast-util-math has for formulas. */
export const blocksFromMarkdown = {
  enter: { formulaBlock: enterBlock, formulaBody: enterBody },
  exit: { formulaBody: exitBody, formulaBlock: exitBlock },
} satisfies FromMarkdownExtension;
