import { readEntity, readFootnote, readLinkTarget, readTag } from "./speakable-constructs.ts";

/** Reads the inline markup of lines; keeps what is open (code span, link text, address, comment) between calls. */
export interface InlineReader {
  /**
   * @param part of one line, without its line feed.
   * @param ends whether the line ends with this part; then everything is consumed.
   */
  read(part: string, ends: boolean): { readonly said: string; readonly consumed: number };
  /** The line is over. True when it was a row of a table, which ends its sentence. */
  endLine(): boolean;
  /** A code span or a link that was never closed does not reach into the next paragraph. */
  endParagraph(): void;
  /** Inside a comment or a script, where even line starts mean nothing. */
  skipping(): boolean;
}

/** One step: what to say and how many characters it took; undefined when more text is needed. */
type Step = { readonly said: string; readonly length: number } | undefined;

const schemes = [
  "https://",
  "http://",
  "wss://",
  "ws://",
  "ftp://",
  "file://",
  "grpc://",
  "grpcs://",
  "www.",
];
const SCHEME_MAX_CHARS = 8;
/** Ends of a sentence that belong to it and not to the address before. */
const addressTail = /[.,;:!?)»”"'’*_…]/u;
const pictograph =
  /^[\p{Extended_Pictographic}\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}\ufe0e\ufe0f\u200d\u20e3]$/u;
const spokenPictographs = "©®™";

/** @param linkWord what an address is read as. */
export function createInlineReader(linkWord: string): InlineReader {
  let codeRun = 0;
  let brackets = 0;
  let before = "";
  let comma = false;
  let row = false;
  let skipUntil: string | undefined;
  /** Punctuation at the end of the address being skipped; undefined outside of one. */
  let tail: string | undefined;

  function emphasis(text: string, at: number, ends: boolean): Step {
    const mark = text.charAt(at);
    const run = runLength(text, at);
    const next = text.charAt(at + run);
    if (next === "" && !ends) return undefined;
    if (mark === "~") return { said: run > 1 ? "" : mark, length: run };
    const inWord = mark === "_" ? isWord(before) && isWord(next) : isDigit(before) && isDigit(next);
    if (inWord) return { said: mark === "_" ? " " : mark, length: run };
    return { said: isSpace(before) && isSpace(next) ? mark : "", length: run };
  }

  function backticks(text: string, at: number, ends: boolean): Step {
    const run = runLength(text, at);
    if (at + run === text.length && !ends) return undefined;
    if (codeRun === 0) codeRun = run;
    else if (codeRun === run) codeRun = 0;
    return { said: "", length: run };
  }

  function openBracket(text: string, at: number, ends: boolean): Step {
    const footnote = readFootnote(text.slice(at), ends);
    if (footnote === undefined) return undefined;
    if (footnote > 0) return { said: "", length: footnote };
    brackets += 1;
    return { said: isWord(before) ? " " : "", length: 1 };
  }

  function closeBracket(text: string, at: number, ends: boolean): Step {
    const target = brackets > 0 ? readLinkTarget(text.slice(at + 1), ends) : 0;
    if (target === undefined) return undefined;
    brackets = Math.max(0, brackets - 1);
    return { said: "", length: 1 + target };
  }

  function lessThan(text: string, at: number, ends: boolean): Step {
    const tag = readTag(text.slice(at), ends);
    if (tag === undefined) return undefined;
    skipUntil = tag.skipUntil;
    return { said: tag.isAddress ? linkWord : tag.said, length: tag.length };
  }

  function bar(): Step {
    comma = true;
    row = true;
    return { said: "", length: 1 };
  }

  const marks: Readonly<Record<string, (text: string, at: number, ends: boolean) => Step>> = {
    "*": emphasis,
    _: emphasis,
    "~": emphasis,
    "[": openBracket,
    "]": closeBracket,
    "<": lessThan,
    "|": bar,
    "&": (text, at, ends) => readEntity(text.slice(at, at + 12), ends),
    "\\": escaped,
    "!": (text, at, ends) => {
      const next = text.charAt(at + 1);
      if (next === "" && !ends) return undefined;
      return { said: next === "[" ? "" : "!", length: 1 };
    },
  };

  /** An address begins here, or may begin once more text is there. */
  function address(text: string, at: number, ends: boolean): Step | "none" {
    if (isWord(before)) return "none";
    const rest = text.slice(at, at + SCHEME_MAX_CHARS).toLowerCase();
    const scheme = schemes.find((candidate) => rest.startsWith(candidate));
    if (scheme !== undefined) {
      tail = "";
      return { said: linkWord, length: scheme.length };
    }
    const open =
      !ends && at + rest.length === text.length && schemes.some((candidate) => candidate.startsWith(rest));
    return open ? undefined : "none";
  }

  function character(text: string, at: number, ends: boolean): Step {
    const point = text.codePointAt(at) ?? 0;
    const char = String.fromCodePoint(point);
    if (point >= 0xd800 && point <= 0xdbff && !ends) return undefined;
    const silent = pictograph.test(char) && !spokenPictographs.includes(char);
    return { said: silent ? "" : char, length: char.length };
  }

  function insideAddress(text: string, at: number): Step {
    const char = text.charAt(at);
    if (/[\s<>`|]/u.test(char) || (char === "]" && brackets > 0)) {
      const said = endAddress();
      return { said, length: 0 };
    }
    tail = addressTail.test(char) ? `${tail ?? ""}${char}` : "";
    return { said: "", length: 1 };
  }

  function endAddress(): string {
    const said = (tail ?? "").replaceAll(/[*_]/gu, "");
    tail = undefined;
    return said;
  }

  function insideSkipped(text: string, at: number, ends: boolean): Step {
    const closing = skipUntil ?? "";
    const found = text.toLowerCase().indexOf(closing, at);
    if (found === -1) {
      const rest = text.length - at;
      return { said: "", length: ends ? rest : Math.max(0, rest - closing.length + 1) };
    }
    skipUntil = undefined;
    return { said: "", length: found + closing.length - at };
  }

  function step(text: string, at: number, ends: boolean): Step {
    if (skipUntil !== undefined) return insideSkipped(text, at, ends);
    if (tail !== undefined) return insideAddress(text, at);
    const char = text.charAt(at);
    if (char === "`") return backticks(text, at, ends);
    const found = address(text, at, ends);
    if (found !== "none") return found;
    const mark = codeRun === 0 ? marks[char] : undefined;
    return mark === undefined ? character(text, at, ends) : mark(text, at, ends);
  }

  function withComma(said: string): string {
    if (!comma || said.trim() === "") return said;
    comma = false;
    return `, ${said}`;
  }

  return {
    read(part, ends) {
      let said = "";
      let at = 0;
      while (at < part.length) {
        const done = step(part, at, ends);
        if (done === undefined || (done.length === 0 && skipUntil !== undefined)) break;
        said += withComma(done.said);
        if (done.length > 0) before = part.charAt(at + done.length - 1);
        at += done.length;
      }
      if (ends && tail !== undefined) said += endAddress();
      return { said, consumed: at };
    },
    endLine() {
      const wasRow = row;
      row = false;
      comma = false;
      before = "";
      return wasRow;
    },
    endParagraph() {
      codeRun = 0;
      brackets = 0;
    },
    skipping: () => skipUntil !== undefined,
  };
}

function escaped(text: string, at: number, ends: boolean): Step {
  const next = text.charAt(at + 1);
  if (next === "" && !ends) return undefined;
  return /[!-/:-@[-`{-~]/u.test(next) ? { said: next, length: 2 } : { said: " ", length: 1 };
}

function runLength(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === text.charAt(at) && end < text.length) end += 1;
  return end - at;
}

function isWord(char: string): boolean {
  return /[\p{L}\p{N}]/u.test(char);
}

function isDigit(char: string): boolean {
  return /\d/u.test(char);
}

function isSpace(char: string): boolean {
  return char === "" || /\s/u.test(char);
}
