import { CALL_CLOSE, CALL_OPEN, firstCharsAt, isTurnEnd, markIn, TEXT } from "./template-marks.ts";
import type { Mark, Place, Section } from "./template-marks.ts";
import { textCallIn, type TextCall } from "./text-call.ts";

/** A piece of what a model said. */
export type SaidPiece =
  | { readonly type: "text"; readonly text: string }
  /** `takesText`: all the text of this splitter so far was reasoning too, whose beginning was not marked. */
  | { readonly type: "reasoning"; readonly text: string; readonly takesText: boolean }
  /** A call of a tool that came as text; `text` is its source. */
  | ({ readonly type: "call"; readonly text: string } & TextCall);

/** Enough of a line to see that it begins a block of code. */
const HEAD_CHARS = 16;
/** A longer one is no call: what is kept back must stay small. */
const CALL_MAX_CHARS = 262_144;
/** How much white space in front of an answer is kept; there are models that say nothing else, without an end. */
const SPACE_MAX_CHARS = 4_096;

/**
 * Splits what one answer says into reasoning, text and calls of tools, where a server hands on the marks of a chat template
 * as they are. Marks may be spread over pieces in any way. One opens reasoning where only white space stands before it, in
 * the answer or behind the last mark; one that closes nothing makes all text before it reasoning, once. The ends of
 * turns are dropped from the end. Inside code no mark counts: an answer may be about them.
 */
export class ReasoningSplitter implements Place {
  section: Section = TEXT;
  hasMarks = false;
  isHarmony = false;
  /** Only white space was said since the beginning, or since the last mark; it is kept until it is known what follows. */
  isStart = true;
  /** May be the beginning of a mark. */
  #held = "";
  #space = "";
  /** The body of a call. */
  #body = "";
  #hasText = false;
  /** The line that is being said: its first characters, and its backticks. */
  #lineHead = "";
  #ticks = 0;
  #isFenced = false;

  get isCode(): boolean {
    return this.#isFenced || this.#ticks % 2 === 1;
  }

  push(text: string): SaidPiece[] {
    const pieces: SaidPiece[] = [];
    let rest = this.#held + text;
    this.#held = "";
    while (rest !== "") {
      const at = rest.search(firstCharsAt(this));
      this.#say(at === -1 ? rest : rest.slice(0, at), pieces);
      if (at === -1) break;
      rest = rest.slice(at);
      const mark = markIn(rest, this);
      if (mark === "more") {
        this.#held = rest;
        break;
      }
      if (mark === undefined) this.#say(rest.slice(0, 1), pieces);
      else this.#pass(mark, pieces);
      rest = rest.slice(mark?.length ?? 1);
    }
    return pieces;
  }

  /** What was held back, once the answer has ended. */
  end(): SaidPiece[] {
    const pieces: SaidPiece[] = [];
    if (!isTurnEnd(this.#held)) this.#say(this.#held, pieces);
    this.#held = "";
    this.#endCall(pieces, false);
    return pieces;
  }

  #pass({ opens, takesText, isHarmony }: Mark, pieces: SaidPiece[]): void {
    this.#endCall(pieces, true);
    if (takesText && !this.hasMarks) {
      pieces.push({ type: "reasoning", text: "", takesText: true });
      this.#hasText = false;
    }
    this.section = opens;
    this.isHarmony ||= isHarmony;
    this.hasMarks = true;
    this.isStart = true;
    this.#space = "";
  }

  #say(told: string, pieces: SaidPiece[]): void {
    if (this.section.type === "call") {
      this.#body += told;
      if (this.#body.length > CALL_MAX_CHARS) this.#giveUpCall(pieces);
      return;
    }
    let text = told;
    if (this.isStart) {
      const isSpace = told.trim() === "";
      if (!isSpace || this.#space.length < SPACE_MAX_CHARS) this.#space += told;
      if (isSpace) return;
      // Around reasoning white space is a part of the marks.
      text = this.hasMarks ? this.#space.trimStart() : this.#space;
      this.isStart = false;
      // Each message of harmony is a text of its own.
      if (this.isHarmony && this.#hasText && this.section.type === "text") text = `\n\n${text}`;
    }
    this.#add(this.section.type, text, pieces);
  }

  #add(type: "text" | "reasoning", text: string, pieces: SaidPiece[]): void {
    if (text === "") return;
    const last = pieces.at(-1);
    if (type === "text") this.#follow(text);
    if (last?.type === type) pieces[pieces.length - 1] = { ...last, text: last.text + text };
    else pieces.push(type === "text" ? { type, text } : { type, text, takesText: false });
  }

  /** Tells the call whose body has ended; what turns out to be none is text. */
  #endCall(pieces: SaidPiece[], isClosed: boolean): void {
    if (this.section.type !== "call") return;
    const body = this.#body.trim();
    const call =
      this.section.tool === undefined ? textCallIn(body) : { tool: this.section.tool, input: body };
    const source =
      this.section.tool === undefined ? `${CALL_OPEN}${this.#body}${isClosed ? CALL_CLOSE : ""}` : body;
    if (call === undefined) this.#add("text", source, pieces);
    else pieces.push({ type: "call", ...call, text: body });
    this.#body = "";
  }

  #giveUpCall(pieces: SaidPiece[]): void {
    const { tool } = this.section;
    this.#add(
      tool === undefined ? "text" : "reasoning",
      tool === undefined ? `${CALL_OPEN}${this.#body}` : this.#body,
      pieces,
    );
    this.#body = "";
    this.section = tool === undefined ? TEXT : { type: "reasoning", close: "" };
  }

  /** Keeps what tells whether we are inside code. */
  #follow(text: string): void {
    this.#hasText = true;
    const lines = text.split("\n");
    for (const [at, line] of lines.entries()) {
      if (at > 0) {
        if (/^\s*(```|~~~)/.test(this.#lineHead)) this.#isFenced = !this.#isFenced;
        this.#lineHead = "";
        this.#ticks = 0;
      }
      if (this.#lineHead.length < HEAD_CHARS) this.#lineHead += line.slice(0, HEAD_CHARS);
      this.#ticks += line.split("`").length - 1;
    }
  }
}
