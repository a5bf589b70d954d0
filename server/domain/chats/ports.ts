/** A conversation of one user. */
export interface Chat {
  readonly id: string;
  readonly userId: string;
  readonly title: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type TurnStatus = "running" | "done" | "failed" | "cancelled";

/** One question with its answer. */
export interface Turn {
  readonly id: string;
  readonly chatId: string;
  readonly userId: string;
  /** Unique per user; absent for clients that send none. */
  readonly clientMessageId: string | undefined;
  /** 0-based place in the chat. */
  readonly index: number;
  readonly userText: string;
  readonly hadImage: boolean;
  readonly assistantText: string;
  /** What the model thought before it answered; never sent back to it. "" for none. */
  readonly reasoning: string;
  readonly status: TurnStatus;
  readonly model: string | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Server process that is answering it; another may take over after `leaseUntilMs`. */
  readonly ownerId: string;
  readonly leaseUntilMs: number;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | undefined;
}

export interface ChatStore {
  create(chat: Chat): Promise<void>;
  /** Another's chat is not found. */
  find(userId: string, chatId: string): Promise<Chat | undefined>;
  /** Most recently changed first. */
  list(userId: string, limit: number): Promise<readonly Chat[]>;
}

/** A question that is to be answered. */
export interface BeginTurn extends Pick<
  Turn,
  "chatId" | "userId" | "clientMessageId" | "userText" | "hadImage" | "ownerId"
> {
  readonly turnId: string;
  readonly nowMs: number;
  readonly leaseMs: number;
}

/** How a turn ended. `ownerId`: who answered it; when another has taken the turn over since, nothing is stored. */
export interface FinishTurn extends Pick<
  Turn,
  "ownerId" | "assistantText" | "reasoning" | "model" | "inputTokens" | "outputTokens"
> {
  readonly turnId: string;
  readonly status: Exclude<TurnStatus, "running">;
  readonly nowMs: number;
}

export interface SearchHit {
  readonly chatId: string;
  readonly chatTitle: string;
  readonly turnId: string;
  readonly turnIndex: number;
  readonly createdAtMs: number;
  /** Higher is better. */
  readonly score: number;
  /** At most 240 characters around the match. */
  readonly headline: string;
  readonly turn: Turn;
}

export interface TurnStore {
  /**
   * Inserts the turn, or finds the one with the same (userId, clientMessageId), in one atomic step. A found turn that
   * failed, was cancelled, or whose lease ran out is started again under the new owner (`begun` true, the same id);
   * one that is done or runs elsewhere comes back as it is (`begun` false).
   */
  begin(turn: BeginTurn): Promise<{ readonly turn: Turn; readonly begun: boolean }>;
  /** Stores the answer and its search-index rows in one transaction. */
  finish(turn: FinishTurn): Promise<void>;
  /** Prolongs the leases of everything this process is answering. */
  renewLeases(ownerId: string, leaseUntilMs: number): Promise<void>;
  /**
   * Ends all leases, so that what a killed process was answering can be asked again at once. Only for a process that
   * knows itself to be the only user of the store.
   */
  endLeases(): Promise<void>;
  /** Newest first, finished ones only; `beforeIndex` pages back. Cost does not grow with the chat's length. */
  recent(userId: string, chatId: string, limit: number, beforeIndex?: number): Promise<readonly Turn[]>;
  /** Full-text search in questions and answers; English and Russian. */
  search(
    userId: string,
    query: string,
    options: { readonly chatId?: string; readonly limit: number },
  ): Promise<readonly SearchHit[]>;
}
/** What clients report through ReportUsage. */
export interface UsageReport {
  readonly id: string;
  readonly userId: string;
  readonly hardwareId: string;
  readonly sessionId: string;
  readonly source: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly createdAtMs: number;
}
export interface UsageStore {
  add(report: UsageReport): Promise<void>;
}
