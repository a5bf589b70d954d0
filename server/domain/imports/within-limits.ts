import type { MessagePart } from "#contract/chat-state.ts";
import { ANSWER_MAX_CHARS, PROMPT_MAX_CHARS } from "#contract/limits.ts";
import type { ImportedTurn } from "./imported-chat.ts";
import type { LeftOut } from "./read-chat.ts";

/** An answer that is given here ends with the piece that reaches its limit, which is shorter than this. */
const ANSWER_MAX = ANSWER_MAX_CHARS + PROMPT_MAX_CHARS;
/** No answer that was given here calls so many tools. */
const PARTS_MAX = 1_000;

/**
 * A turn as long as one that is asked and answered here may be: what shows, searches and files it is made for no more.
 * What is longer is cut, and counted.
 */
export function withinLimits(turn: ImportedTurn, leftOut: LeftOut): ImportedTurn {
  const isLongQuestion = turn.userText.length > PROMPT_MAX_CHARS;
  const said = turn.parts.reduce((sum, part) => sum + textOf(part).length, 0);
  const isLongAnswer = turn.parts.length > PARTS_MAX || said > ANSWER_MAX;
  if (!isLongQuestion && !isLongAnswer) return turn;
  leftOut.cut += Number(isLongQuestion) + Number(isLongAnswer);
  return {
    ...turn,
    userText: beginningOf(turn.userText, PROMPT_MAX_CHARS),
    parts: isLongAnswer ? firstOf(turn.parts) : turn.parts,
  };
}

function firstOf(parts: readonly MessagePart[]): readonly MessagePart[] {
  const kept: MessagePart[] = [];
  let room = ANSWER_MAX;
  for (const part of parts.slice(0, PARTS_MAX)) {
    if (room <= 0) break;
    kept.push("text" in part ? { ...part, text: beginningOf(part.text, room) } : part);
    room -= textOf(part).length;
  }
  return kept;
}

function textOf(part: MessagePart): string {
  return "text" in part ? part.text : "";
}

/** Never half a character. */
function beginningOf(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : text.slice(0, maxChars).toWellFormed();
}
