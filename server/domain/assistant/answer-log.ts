import type { TurnEvent } from "./turn-types.ts";

/** Text pieces kept apart before they are folded into one string. */
export const FOLD_EVERY = 64;
/** Beyond, the next fold begins a new string. */
export const FOLDED_MAX_CHARS = 16_384;

/**
 * Everything said in one answer so far, for listeners that join late and for the store. Text is folded as it grows: one
 * object per token would cost ten times the text itself. So is reasoning.
 */
export class AnswerLog {
  #events: TurnEvent[] = [];
  #pieces: string[] = [];
  #kind: "text" | "reasoning" = "text";
  #chars = 0;

  add(event: TurnEvent): void {
    if (event.type === "audio") return;
    if (event.type !== "text" && event.type !== "reasoning") {
      this.#fold();
      this.#events.push(event);
      return;
    }
    if (event.type !== this.#kind) this.#fold();
    if (event.type === "reasoning" && event.takesText) this.#takeText();
    this.#kind = event.type;
    if (event.text === "") return;
    this.#chars += event.text.length;
    this.#pieces.push(event.text);
    if (this.#pieces.length >= FOLD_EVERY) this.#fold();
  }

  /** Length of the text and the reasoning so far, in UTF-16 code units. */
  get chars(): number {
    return this.#chars;
  }

  /** What a late listener gets first. */
  snapshot(): TurnEvent[] {
    this.#fold();
    return [...this.#events];
  }

  /** All text, or all reasoning, so far, in pieces. */
  pieces(kind: "text" | "reasoning"): readonly string[] {
    this.#fold();
    return this.#events.flatMap((event) => (event.type === kind ? [event.text] : []));
  }

  #fold(): void {
    if (this.#pieces.length === 0) return;
    const last = this.#events.at(-1);
    const goesOn =
      last !== undefined &&
      (last.type === "text" || last.type === "reasoning") &&
      last.type === this.#kind &&
      last.text.length < FOLDED_MAX_CHARS;
    if (goesOn) this.#events.pop();
    // join() gives a flat string; += would keep a tree of all the small ones alive. PostgreSQL takes no NUL in text.
    const text = (goesOn ? [last.text, ...this.#pieces] : this.#pieces).join("").replaceAll("\0", "\uFFFD");
    this.#events.push(this.#kind === "text" ? { type: "text", text } : reasoning(text));
    this.#pieces = [];
  }

  /** The text since the last tool event was reasoning: late listeners learn it so. */
  #takeText(): void {
    this.#fold();
    const from = this.#events.findLastIndex(({ type }) => type === "tool") + 1;
    this.#events = this.#events.map((event, at) =>
      at >= from && event.type === "text" ? reasoning(event.text) : event,
    );
  }
}

function reasoning(text: string): TurnEvent {
  return { type: "reasoning", text, takesText: false };
}
