import { oneLine } from "#contract/texts/one-line.ts";

/** Longest title, in characters (grapheme clusters). */
export const TITLE_MAX_CHARS = 60;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The first words of a question, on one line, at most 60 characters; cut between words and marked with "…". */
export function titleFrom(question: string): string {
  const line = oneLine(question.slice(0, TITLE_MAX_CHARS * 20));
  const characters = Array.from(graphemes.segment(line), (part) => part.segment);
  if (characters.length <= TITLE_MAX_CHARS) return line;
  const start = characters.slice(0, TITLE_MAX_CHARS - 1).join("");
  const lastSpace = start.lastIndexOf(" ");
  // A first word that is nearly all of the line (an address, CJK text) is cut inside.
  const words = lastSpace > start.length / 2 ? start.slice(0, lastSpace) : start;
  return `${words.replace(/[\s.,;:!?-]+$/u, "")}…`;
}
