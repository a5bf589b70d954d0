import { readEmphasis, readEscape, runLength, type Step } from "./speakable-marks.ts";
import { readEntity, readFootnote, readLinkTarget, readTag } from "./speakable-constructs.ts";

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
/** Emoji, flags, skin tones, tags, variation selectors, joiners and key caps. */
const silentCharacter =
  /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\p{Variation_Selector}|[\u{e0020}-\u{e007f}]|\u200d|\u20e3)$/u;
const spokenPictographs = "©®™";

/** Reads the inline markup of lines; keeps what is open (code span, link, address, comment) between calls. */
export class InlineReader {
  readonly #linkWord: string;
  #codeRun = 0;
  #brackets = 0;
  /** The source character before the current one. */
  #before = "";
  #comma = false;
  #row = false;
  #skipUntil: string | undefined;
  /** Punctuation at the end of the address being skipped; undefined outside of one. */
  #tail: string | undefined;

  /** @param linkWord what an address is read as. */
  constructor(linkWord: string) {
    this.#linkWord = linkWord;
  }

  /** Inside a comment or a script, where even line starts mean nothing. */
  get skipping(): boolean {
    return this.#skipUntil !== undefined;
  }

  /**
   * @param part of one line, without its line feed.
   * @param ends whether the line ends with this part; then everything is consumed.
   */
  read(part: string, ends: boolean): { readonly said: string; readonly consumed: number } {
    let said = "";
    let at = 0;
    while (at < part.length) {
      const step = this.#step(part, at, ends);
      if (step === undefined || (step.length === 0 && this.skipping)) break;
      said += this.#withComma(step.said);
      if (step.length > 0) this.#before = part.charAt(at + step.length - 1);
      at += step.length;
    }
    if (ends) said += this.#endAddress();
    return { said, consumed: at };
  }

  /** The line is over. True when it was a row of a table, which ends its sentence. */
  endLine(): boolean {
    const wasRow = this.#row;
    this.#row = false;
    this.#comma = false;
    this.#before = "";
    return wasRow;
  }

  /** A code span or a link that was never closed does not reach into the next paragraph. */
  endParagraph(): void {
    this.#codeRun = 0;
    this.#brackets = 0;
  }

  #step(text: string, at: number, ends: boolean): Step {
    if (this.#skipUntil !== undefined) return this.#insideSkipped(text, at, ends);
    if (this.#tail !== undefined) return this.#insideAddress(text, at);
    const char = text.charAt(at);
    if (char === "`") return this.#backticks(text, at, ends);
    const address = this.#address(text, at, ends);
    if (address !== "none") return address;
    return this.#codeRun === 0 ? this.#mark(char, text, at, ends) : readCharacter(text, at, ends);
  }

  #mark(char: string, text: string, at: number, ends: boolean): Step {
    switch (char) {
      case "*":
      case "_":
      case "~":
        return readEmphasis(text, at, this.#before, ends);
      case "[":
        return this.#openBracket(text, at, ends);
      case "]":
        return this.#closeBracket(text, at, ends);
      case "<":
        return this.#lessThan(text, at, ends);
      case "|":
        return this.#bar();
      case "&":
        return readEntity(text.slice(at, at + 12), ends);
      case "\\":
      case "!":
        return readEscape(text, at, ends);
      default:
        return readCharacter(text, at, ends);
    }
  }

  #backticks(text: string, at: number, ends: boolean): Step {
    const run = runLength(text, at);
    if (at + run === text.length && !ends) return undefined;
    if (this.#codeRun === 0) this.#codeRun = run;
    else if (this.#codeRun === run) this.#codeRun = 0;
    return { said: "", length: run };
  }

  #openBracket(text: string, at: number, ends: boolean): Step {
    const footnote = readFootnote(text.slice(at), ends);
    if (footnote === undefined) return undefined;
    if (footnote > 0) return { said: "", length: footnote };
    this.#brackets += 1;
    return { said: /[\p{L}\p{N}]/u.test(this.#before) ? " " : "", length: 1 };
  }

  #closeBracket(text: string, at: number, ends: boolean): Step {
    const target = this.#brackets > 0 ? readLinkTarget(text.slice(at + 1), ends) : 0;
    if (target === undefined) return undefined;
    this.#brackets = Math.max(0, this.#brackets - 1);
    return { said: "", length: 1 + target };
  }

  #lessThan(text: string, at: number, ends: boolean): Step {
    const tag = readTag(text.slice(at), ends);
    if (tag === undefined) return undefined;
    this.#skipUntil = tag.skipUntil;
    return { said: tag.isAddress ? this.#linkWord : tag.said, length: tag.length };
  }

  #bar(): Step {
    this.#comma = true;
    this.#row = true;
    return { said: "", length: 1 };
  }

  /** An address begins here, or may begin once more text is there. */
  #address(text: string, at: number, ends: boolean): Step | "none" {
    if (/[\p{L}\p{N}]/u.test(this.#before)) return "none";
    const rest = text.slice(at, at + SCHEME_MAX_CHARS).toLowerCase();
    const scheme = schemes.find((candidate) => rest.startsWith(candidate));
    if (scheme !== undefined) {
      this.#tail = "";
      return { said: this.#linkWord, length: scheme.length };
    }
    const cut = !ends && at + rest.length === text.length;
    return cut && schemes.some((candidate) => candidate.startsWith(rest)) ? undefined : "none";
  }

  #insideAddress(text: string, at: number): Step {
    const char = text.charAt(at);
    if (/[\s<>`|]/u.test(char) || (char === "]" && this.#brackets > 0)) {
      return { said: this.#endAddress(), length: 0 };
    }
    this.#tail = addressTail.test(char) ? `${this.#tail ?? ""}${char}` : "";
    return { said: "", length: 1 };
  }

  #endAddress(): string {
    const said = (this.#tail ?? "").replaceAll(/[*_]/gu, "");
    this.#tail = undefined;
    return said;
  }

  #insideSkipped(text: string, at: number, ends: boolean): Step {
    const closing = this.#skipUntil ?? "";
    const found = text.toLowerCase().indexOf(closing, at);
    if (found === -1) {
      const rest = text.length - at;
      return { said: "", length: ends ? rest : Math.max(0, rest - closing.length + 1) };
    }
    this.#skipUntil = undefined;
    return { said: "", length: found + closing.length - at };
  }

  /** A cell's border is a pause, but not at the ends of a row. */
  #withComma(said: string): string {
    if (!this.#comma || said.trim() === "") return said;
    this.#comma = false;
    return `, ${said}`;
  }
}

/**
 * One character, a surrogate pair as a whole. Not `codePointAt`: V8 (in Node 24.21), once it has optimised the caller,
 * reads past the end of a string that is a slice of a longer one, and takes a half pair for the whole character.
 */
function readCharacter(text: string, at: number, ends: boolean): Step {
  const isHigh = isBetween(text.charCodeAt(at), 0xd800, 0xdbff);
  if (isHigh && at + 1 === text.length && !ends) return undefined;
  const isPair = isHigh && isBetween(text.charCodeAt(at + 1), 0xdc00, 0xdfff);
  const char = text.slice(at, at + (isPair ? 2 : 1));
  const silent = silentCharacter.test(char) && !spokenPictographs.includes(char);
  return { said: silent ? "" : char, length: char.length };
}

function isBetween(code: number, first: number, last: number): boolean {
  return code >= first && code <= last;
}
