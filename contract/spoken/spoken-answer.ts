import { parseMarkdown } from "../markdown/parse-markdown.ts";
import { advance, createBlockReader, forgetRead } from "../markdown/read-blocks.ts";
import { languageOf } from "./language.ts";
import { createSentenceSplitter, SENTENCE_MAX_CHARS, sentenceEnd } from "./sentence-splitter.ts";
import { formulaMark, linkMark, speakable, unfinishedFormula, voiced } from "./speakable.ts";

/** One sentence as a voice gets it. */
export interface Sentence {
  readonly text: string;
  /** Primary subtag. */
  readonly language: string;
}

/** Up to so many characters an unfinished block is read again with each token that may end a sentence. */
const freeChars = 256;
/** Beyond, once it has grown by one in so many: so all of it is read this often at most, and reading stays linear. */
const growth = 8;

/** The marks at the start of a line take no more. */
const undecidedChars = 80;
/** So far the end of a formula is waited for: what it holds is not said as text. */
const formulaMaxChars = 1_000;

/** No sentence is over before one of these comes after its end. */
const proof = /[\p{L}\p{Co}]/u;
const sentenceOrLineEnd = new RegExp(`\\n|${sentenceEnd.source}`, "u");
/** Lines that end a sentence by themselves: empty ones, headings, rows of tables, and those that end other blocks. */
const blockLine = /^[ \t>]*(?:$|#|```|~~~|\$\$|\\[[\]]|<|[-=*_]{2})|\|/;
const unprovenEnd = new RegExp(`${sentenceEnd.source}[^\\p{L}\\p{Co}]*$`, "u");

const everyVoiced = new RegExp(voiced, "gu");
const english = { link: "link", formula: "formula" };
const words: Readonly<Record<string, typeof english>> = { ru: { link: "ссылка", formula: "формула" } };

/**
 * What a voice says of an answer that comes in tokens: by the same parser that the page shows it with. A sentence is
 * given out as soon as it is surely over, before its block is; code is silent. What was said of an unfinished block is
 * found again in it by its letters, because marks that are closed later change the rest.
 * @param parseBlocks what reads a stretch of the text; a test counts there what is read.
 */
export function createSpokenAnswer(locale: string, parseBlocks = parseMarkdown) {
  const split = createSentenceSplitter(locale);
  let sealed = "";
  const reader = createBlockReader(({ node, continued }) => {
    sealed += `${speakable(node, continued) || unfinishedFormula(node)}\n`;
  }, parseBlocks);
  /** Letters and digits that were said of what is not sealed. */
  let said = "";
  /** How much of the reader's text was read, and how much of that waits for the end of its sentence. */
  let readChars = 0;
  let restChars = 0;
  let mayEnd = false;
  /** What was read ends with what may be the end of a sentence: the next letter tells. */
  let awaitsProof = false;

  function read(final: boolean): readonly Sentence[] {
    sealed = "";
    while (advance(reader, final));
    const text = sealed + liveText();
    const { sentences, rest } = split(text.slice(endOfSaid(text, said)), final);
    const end = text.length - rest.length;
    said = text.slice(Math.min(sealed.length, end), end).match(everyVoiced)?.join("") ?? "";
    forgetRead(reader);
    readChars = reader.text.length;
    restChars = rest.length;
    mayEnd = false;
    // A line without a letter yet may end the one before it.
    awaitsProof =
      rest !== "" && (unprovenEnd.test(rest) || /\n[^\p{L}]*$/u.test(reader.text.slice(-undecidedChars)));
    return sentences.map((sentence) => named(sentence, locale));
  }

  function liveText(): string {
    if (isInFence()) return "";
    const blocks = reader.live();
    const text = blocks.map(({ node, continued }) => speakable(node, continued)).join("\n");
    const last = blocks.at(-1)?.node.type;
    // The text of these ends with the line, that of any other with an empty line.
    const isOver =
      last === "heading" || last === "table" ? reader.text.endsWith("\n") : /\n[ \t]*\n$/u.test(reader.text);
    return isOver ? `${text}\n` : text;
  }

  function isInFence(): boolean {
    return reader.fenceScanned > reader.at;
  }

  function isDue(token: string): boolean {
    if (isInFence()) return token.includes("\n");
    const end = awaitsProof ? 0 : token.search(sentenceOrLineEnd);
    awaitsProof = end >= 0;
    mayEnd ||=
      awaitsProof && (proof.test(token.slice(end)) || (token.includes("\n") && endsBlock(reader.text)));
    const unread = reader.text.length - readChars;
    if (!mayEnd && restChars + unread <= SENTENCE_MAX_CHARS) return false;
    if (unread * growth < reader.text.length - freeChars) return false;
    return unread > formulaMaxChars || !isFormulaOpen(reader.text.slice(-formulaMaxChars));
  }

  return {
    /** Takes a token; returns the sentences that are surely finished now. */
    push(token: string): readonly Sentence[] {
      reader.text += token.replaceAll("\r", "");
      return isDue(token) ? read(false) : [];
    },
    /** The answer is over: returns what is left. */
    end: () => read(true),
  };
}

/** Whether its last whole line may end the block that it stands in. */
function endsBlock(text: string): boolean {
  const end = text.lastIndexOf("\n");
  return blockLine.test(text.slice(text.lastIndexOf("\n", end - 1) + 1, end));
}

/** Whether the last paragraph ends inside of what may be a formula. */
function isFormulaOpen(text: string): boolean {
  const tail = text.slice(text.lastIndexOf("\n\n") + 1);
  const isOpen = (opening: string, closing: string): boolean =>
    tail.lastIndexOf(opening) > tail.lastIndexOf(closing);
  const isWithin = (tail.match(/\$\$+/gu)?.length ?? 0) % 2 === 1;
  return (
    isWithin ||
    isOpen("\\(", "\\)") ||
    isOpen("\\[", "\\]") ||
    isOpen("\\begin{", "\\end{") ||
    /(?:^|[\s(])\$[^\s\d$][^$]*$/u.test(tail)
  );
}

/** Where in `text` that ends which was said of it; where it has changed since, the word that did. */
function endOfSaid(text: string, said: string): number {
  let found = 0;
  let end = 0;
  for (const { 0: character, index } of text.matchAll(everyVoiced)) {
    if (found === said.length) break;
    if (!said.startsWith(character, found)) return text.slice(0, index).search(/[\p{L}\p{N}\p{Co}]*$/u);
    found += character.length;
    end = index + character.length;
  }
  // The end of the sentence belongs to what was said.
  return end === 0 ? 0 : end + (/^[^\s\p{L}\p{N}\p{Co}]*/u.exec(text.slice(end))?.[0].length ?? 0);
}

function named(sentence: string, locale: string): Sentence {
  const language = languageOf(sentence, locale);
  const { link, formula } = words[language] ?? english;
  return { text: sentence.replaceAll(linkMark, link).replaceAll(formulaMark, formula), language };
}
