/** One conversation in a list. */
export interface ChatSummary {
  readonly id: string;
  readonly title: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** One place where a search found something. */
export interface HistoryHit {
  readonly chatId: string;
  readonly chatTitle: string;
  readonly createdAtMs: number;
  /** Higher is better. */
  readonly score: number;
  readonly headline: string;
}
