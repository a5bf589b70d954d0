/** A piece of what a model said. */
export type SaidPiece =
  | { readonly type: "text"; readonly text: string }
  /** `takesText`: all the text of this splitter so far was reasoning too, whose beginning was not marked. */
  | { readonly type: "reasoning"; readonly text: string; readonly takesText: boolean };

/** Marks of reasoning inside the text, by their opening. Templates write some of them themselves, so that only the end comes. */
const PAIRS: readonly (readonly [open: string, close: string])[] = [
  ...["think", "thinking", "thought", "reasoning", "reason", "analysis", "seed:think"].map(
    (name) => [`<${name}>`, `</${name}>`] as const,
  ),
  ["[THINK]", "[/THINK]"],
  ["◁think▷", "◁/think▷"],
];
const LONGEST = Math.max(...PAIRS.map(([, close]) => close.length));
const FIRST_CHARS = /[<[◁]/;
/** Enough of a line to see that it begins a block of code. */
const HEAD_CHARS = 16;

/**
 * Splits what one answer says into reasoning and text. Marks may be spread over pieces in any way. One opens where only
 * white space stands before it, in the answer or behind the last reasoning; one that closes nothing makes all text
 * before it reasoning, once. Inside code no mark counts: an answer may be about them.
 */
export class ReasoningSplitter {
  /** May be the beginning of a mark. */
  #held = "";
  #close: string | undefined;
  #hasReasoned = false;
  /** Only white space was said since the beginning, or since the last mark; it is kept until it is known what follows. */
  #isStart = true;
  #space = "";
  /** The line that is being said: its first characters, and its backticks. */
  #lineHead = "";
  #ticks = 0;
  #isFenced = false;

  push(text: string): SaidPiece[] {
    const pieces: SaidPiece[] = [];
    let rest = this.#held + text;
    this.#held = "";
    while (rest !== "") {
      const at = rest.search(FIRST_CHARS);
      this.#say(at === -1 ? rest : rest.slice(0, at), pieces);
      if (at === -1) break;
      rest = rest.slice(at);
      const mark = this.#markIn(rest);
      if (mark === undefined && isBeginning(rest)) {
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
    this.#say(this.#held, pieces);
    this.#held = "";
    return pieces;
  }

  /** The mark that `rest` begins with, if it counts here. */
  #markIn(rest: string): string | undefined {
    const lower = rest.slice(0, LONGEST).toLowerCase();
    const starts = (mark: string): boolean => lower.startsWith(mark.toLowerCase());
    if (this.#close !== undefined) return starts(this.#close) ? this.#close : undefined;
    if (this.#isStart || (this.#hasReasoned && !this.#isCode())) {
      const opening = PAIRS.find(([open]) => starts(open))?.[0];
      if (opening !== undefined) return opening;
    }
    if (this.#hasReasoned || this.#isCode()) return undefined;
    return PAIRS.find(([, close]) => starts(close))?.[1];
  }

  #pass(mark: string, pieces: SaidPiece[]): void {
    const isClosing = mark.includes("/");
    if (isClosing && this.#close === undefined) pieces.push({ type: "reasoning", text: "", takesText: true });
    this.#close = isClosing ? undefined : PAIRS.find(([open]) => open === mark)?.[1];
    this.#hasReasoned = true;
    this.#isStart = true;
    this.#space = "";
  }

  #say(told: string, pieces: SaidPiece[]): void {
    let text = told;
    if (this.#isStart) {
      this.#space += told;
      if (this.#space.trim() === "") return;
      // Around reasoning white space is a part of the marks.
      text = this.#hasReasoned ? this.#space.trimStart() : this.#space;
      this.#isStart = false;
    }
    if (text === "") return;
    const last = pieces.at(-1);
    const type = this.#close === undefined ? "text" : "reasoning";
    if (type === "text") this.#follow(text);
    if (last?.type === type) pieces[pieces.length - 1] = { ...last, text: last.text + text };
    else pieces.push(type === "text" ? { type, text } : { type, text, takesText: false });
  }

  /** Keeps what tells whether we are inside code. */
  #follow(text: string): void {
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

  #isCode(): boolean {
    return this.#isFenced || this.#ticks % 2 === 1;
  }
}

function isBeginning(rest: string): boolean {
  const lower = rest.toLowerCase();
  return rest.length < LONGEST && PAIRS.flat().some((mark) => mark.toLowerCase().startsWith(lower));
}
