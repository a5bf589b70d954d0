import type { TurnEvent } from "./turn-types.ts";

/** Text pieces kept apart before they are folded into one string. */
const FOLD_EVERY = 64;

/**
 * Everything said in one answer so far, for listeners that join late and for the store. Text is folded as it grows: one
 * object per token would cost ten times the text itself.
 */
export class AnswerLog {
  readonly #events: TurnEvent[] = [];
  #pieces: string[] = [];
  #chars = 0;

  add(event: TurnEvent): void {
    if (event.type === "audio") return;
    if (event.type !== "text") {
      this.#fold();
      this.#events.push(event);
      return;
    }
    this.#chars += event.text.length;
    this.#pieces.push(event.text);
    if (this.#pieces.length >= FOLD_EVERY) this.#fold();
  }

  /** Length of the text so far, in UTF-16 code units. */
  get chars(): number {
    return this.#chars;
  }

  /** What a late listener gets first. */
  snapshot(): TurnEvent[] {
    this.#fold();
    return [...this.#events];
  }

  /** The whole text so far. */
  text(): string {
    this.#fold();
    return this.#events.map((event) => (event.type === "text" ? event.text : "")).join("");
  }

  #fold(): void {
    if (this.#pieces.length === 0) return;
    // join() gives a flat string; += would keep a tree of all the small ones alive.
    this.#events.push({ type: "text", text: this.#pieces.join("") });
    this.#pieces = [];
  }
}
