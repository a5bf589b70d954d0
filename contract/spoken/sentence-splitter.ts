import { endsInAbbreviation } from "./abbreviations.ts";
import { voiced } from "./speakable.ts";

/** Longest sentence given to a voice, in UTF-16 units: more would delay the first sound. */
export const SENTENCE_MAX_CHARS = 260;
/** A cut before this many characters would sound chopped. */
const CUT_MIN_CHARS = 80;
/** A sentence shorter than this is joined with the next one if that has already come. */
const JOIN_BELOW_CHARS = 12;

/** Ends of sentences in the scripts that have their own; what follows decides whether one is. */
export const sentenceEnd = /[\p{Sentence_Terminal}…]/u;

/**
 * Cuts speakable text into sentences. A line feed is a hard border. A sentence is given out when what follows proves
 * that it is over; `rest` is the end of the text that is not, at most {@link SENTENCE_MAX_CHARS}. With `atEnd` nothing
 * follows, and all of it is given out.
 */
export function createSentenceSplitter(locale: string) {
  const segmenter = new Intl.Segmenter(supported(locale), { granularity: "sentence" });
  return (text: string, atEnd: boolean): { readonly sentences: readonly string[]; readonly rest: string } => {
    const found: Segment[] = [];
    const lines = text.split("\n");
    let rest = atEnd ? "" : (lines.pop() ?? "");
    for (const line of lines) found.push(...hardEnd(cut(merged(segmenter, line))));
    const open = merged(segmenter, rest);
    const done = finishedCount(open);
    found.push(...cut(open.slice(0, done)));
    rest = open.slice(done).join("");
    while (rest.length > SENTENCE_MAX_CHARS) {
      const at = cutPoint(rest);
      found.push({ text: rest.slice(0, at), hard: false });
      rest = rest.slice(at);
    }
    return { sentences: joined(found), rest };
  };
}

interface Segment {
  readonly text: string;
  /** Nothing may be joined over this end: a heading, a list item, a paragraph. */
  readonly hard: boolean;
}

function supported(locale: string): string {
  try {
    return Intl.Segmenter.supportedLocalesOf([locale])[0] ?? "en";
  } catch {
    return "en";
  }
}

/** Sentences of one line, abbreviations put together again and breaks after an ellipsis character added. */
function merged(segmenter: Intl.Segmenter, line: string): string[] {
  const sentences: string[] = [];
  let glue = false;
  for (const { segment } of segmenter.segment(line)) {
    for (const part of segment.split(/(?<=…["»”’)\]]*\s+)(?=["«“(]?\p{Lu})/u)) {
      // "Are you sure?" she asked: a small letter goes on with the sentence.
      if (sentences.length > 0 && (glue || /^\p{Ll}/u.test(part))) sentences[sentences.length - 1] += part;
      else sentences.push(part);
      glue = endsInAbbreviation(part);
    }
  }
  return sentences;
}

/**
 * How many of these sentences cannot change any more. After "!" or "?" one further character is proof; after a full
 * stop a letter is needed, because "approx. 5 apples" goes on and "approx. 5" could still end.
 */
function finishedCount(sentences: readonly string[]): number {
  let rest = "";
  let count = sentences.length - 1;
  for (; count > 0; count -= 1) {
    rest = (sentences[count] ?? "") + rest;
    const ended = (sentences[count - 1] ?? "").trimEnd();
    const proof = /[.…]["»”’)\]]*$/u.test(ended) ? /[\p{L}\p{Co}!?]/u : /\S/u;
    if (proof.test(rest)) return count;
  }
  return 0;
}

function cut(sentences: readonly string[]): Segment[] {
  const parts: Segment[] = [];
  for (const sentence of sentences) {
    let rest = sentence.trim();
    while (rest.length > SENTENCE_MAX_CHARS) {
      const at = cutPoint(rest);
      parts.push({ text: rest.slice(0, at), hard: false });
      rest = rest.slice(at);
    }
    parts.push({ text: rest, hard: false });
  }
  return parts;
}

function hardEnd(segments: Segment[]): Segment[] {
  const last = segments.at(-1);
  if (last !== undefined) segments[segments.length - 1] = { text: last.text, hard: true };
  return segments;
}

/** Where to cut an over-long sentence: after the last comma, else at the last space, else anywhere but in a pair. */
function cutPoint(text: string): number {
  const head = text.slice(0, SENTENCE_MAX_CHARS);
  for (let at = head.length - 1; at >= CUT_MIN_CHARS; at -= 1) {
    if (/[,;:—–)]/u.test(head.charAt(at)) && /\s/u.test(text.charAt(at + 1))) return at + 1;
  }
  const space = head.search(/\s\S*$/u);
  if (space > 0) return space;
  const unit = text.charCodeAt(SENTENCE_MAX_CHARS - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? SENTENCE_MAX_CHARS - 1 : SENTENCE_MAX_CHARS;
}

/** Joins very short sentences with the next one that is already here, and drops what has nothing to say. */
function joined(segments: readonly Segment[]): readonly string[] {
  const sentences: string[] = [];
  let open = false;
  for (const segment of segments) {
    const text = segment.text.replaceAll(/\s+/gu, " ").trim();
    if (!voiced.test(text)) continue;
    const before = sentences.at(-1);
    if (open && before !== undefined && before.length + text.length < SENTENCE_MAX_CHARS) {
      sentences[sentences.length - 1] = `${before} ${text}`;
    } else sentences.push(text);
    open = !segment.hard && (sentences.at(-1) ?? "").length < JOIN_BELOW_CHARS;
  }
  return sentences;
}
