import type { ErrorCode } from "#contract/error-codes.ts";

/** How a turn that had begun came to its end: stored whole, stopped by a person, or the error code that ended it. */
export type TurnEnd = "done" | "cancelled" | ErrorCode;

/** What is counted of answers, of the models that give them, and of their voice. */
export interface WorkMetrics {
  /** A question of a chat is asked; not one that is joined or said again. */
  turnStarted(): void;
  turnEnded(how: TurnEnd): void;
  /** From the taking of a question until the first of its answer was told. */
  firstToken(afterMs: number): void;
  /** A model is asked anything: for an answer, in a room, by a program, for a title, a summary or what to remember. */
  modelAsked(): void;
  modelFailed(code: ErrorCode): void;
  /**
   * A sentence was spoken, or not.
   *
   * @param outcome "spoken", "stopped" by who listened, or why it failed
   */
  sentenceSpoken(provider: string, outcome: string, durationMs: number): void;
}
