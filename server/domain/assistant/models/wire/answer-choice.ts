import { isRecord, type JsonRecord } from "./json.ts";

/** A choice with a higher number is no choice: the server counts pieces. */
const MOST_CHOICES = 8;

/**
 * Of several choices only the one with number 0 is the answer. But some servers number the pieces of their one choice, so
 * a choice with another number is kept until it is known what the numbers mean: those of choices come again, those
 * of pieces only grow.
 */
export class AnswerChoice {
  #numbers: "unknown" | "of-choices" | "of-pieces" = "unknown";
  #last = -1;
  #firstEnded = false;
  #kept: JsonRecord[] = [];

  /** What of these `choices` belongs to the answer, as far as that is known. */
  take(choices: unknown): readonly JsonRecord[] {
    if (isRecord(choices)) return this.take([choices["0"] ?? choices]);
    if (!Array.isArray(choices)) return [];
    if (choices.length < 2) return isRecord(choices[0]) ? this.#takeOne(choices[0]) : [];
    this.#numbers = "of-choices";
    const records = choices.filter(isRecord);
    const first = records.find((choice) => numberOf(choice) === 0) ?? records[0];
    return first === undefined ? [] : [first];
  }

  /** What was kept, once no more comes. */
  end(): readonly JsonRecord[] {
    return this.#numbers === "unknown" ? this.#kept.splice(0) : [];
  }

  #takeOne(choice: JsonRecord): readonly JsonRecord[] {
    const number = numberOf(choice);
    if (number === 0) {
      this.#last = Math.max(this.#last, 0);
      this.#firstEnded ||= typeof choice["finish_reason"] === "string" && choice["finish_reason"] !== "";
      return [choice];
    }
    if (this.#numbers === "unknown") this.#learn(number);
    if (this.#numbers === "of-choices") return [];
    if (this.#numbers === "of-pieces") return [choice];
    this.#kept.push(choice);
    if (number <= MOST_CHOICES) return [];
    this.#numbers = "of-pieces";
    return this.#kept.splice(0);
  }

  #learn(number: number): void {
    // Without a choice 0, all that comes is the answer.
    if (this.#last === -1) this.#numbers = "of-pieces";
    else if (number <= this.#last || this.#firstEnded) this.#numbers = "of-choices";
    this.#last = number;
  }
}

function numberOf(choice: JsonRecord): number {
  return Number(choice["index"] ?? 0) || 0;
}
