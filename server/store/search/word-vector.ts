import { stemsOf } from "./search-text.ts";
import { MAX_ANSWER_BYTES, MAX_QUESTION_BYTES } from "./turn-index.ts";

/**
 * The text form of the tsvector of a turn: each stem once, at 1 with weight A when it is in the question, at 2 with B when
 * it is in the answer. The stems hold no quotes.
 */
export function wordsOf(question: string, answer: string): string {
  const asked = new Set(stemsOf(question, MAX_QUESTION_BYTES).split(" "));
  const said = new Set(stemsOf(answer, MAX_ANSWER_BYTES).split(" "));
  return [...new Set([...asked, ...said])]
    .filter((stem) => stem !== "")
    .map((stem) => {
      if (!said.has(stem)) return `'${stem}':1A`;
      return asked.has(stem) ? `'${stem}':1A,2B` : `'${stem}':2B`;
    })
    .join(" ");
}
