/** What one answer of a model cost. */
export interface TokenUse {
  readonly userId: string;
  /** Undefined: it was asked for in no chat. */
  readonly chatId: string | undefined;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Nobody counted them: the model's server tells none, or the answer was broken off. */
  readonly estimated: boolean;
  readonly atMs: number;
}

/** By what token uses are added up. */
export type UsedBy = "day" | "model" | "chat";

/** Token uses of one day, model or chat. */
export interface UsedSum {
  /** The day (2026-11-29, UTC), the model, or the chat's id; "" for all without a chat, and those of chats in no list. */
  readonly key: string;
  /** Of a chat. */
  readonly title: string | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly answers: number;
  /** How many of them are estimated. */
  readonly estimated: number;
}

/** What is kept of one day, model and chat. */
interface KeptUse extends Omit<UsedSum, "key" | "title"> {
  readonly day: string;
  readonly model: string;
  readonly chatId: string | undefined;
}

/** Most tokens of an account, input and output together; 0: no limit. Days and months are those of UTC. */
export interface TokenLimits {
  readonly tokensPerDay: number;
  readonly tokensPerMonth: number;
}

/** Tokens that were used, kept by account, day, model and chat, for as long as the account is. */
export interface TokenUseStore {
  /** Nothing is kept of an account that is switched off. */
  add(use: TokenUse): Promise<void>;
  /** Days from one to another, both included; days in order, models and chats by their tokens, the first 500. */
  sums(
    userId: string,
    range: { readonly from: string; readonly to: string },
    by: UsedBy,
  ): Promise<readonly UsedSum[]>;
  /** All that is kept of an account, days in order. */
  all(userId: string): Promise<readonly KeptUse[]>;
  /** Input and output together, of a day and of the days since another. */
  spent(
    userId: string,
    day: string,
    since: string,
  ): Promise<{ readonly day: number; readonly since: number }>;
}

/** Limits that an account has of its own, instead of the server's. */
export interface TokenLimitStore {
  /** Undefined where the server's count. */
  of(userId: string): Promise<Partial<TokenLimits>>;
  /** `null`: the server's count from now on. What is not named stays. */
  change(
    userId: string,
    limits: { readonly [Name in keyof TokenLimits]?: number | null | undefined },
  ): Promise<void>;
}

/** The day of a time, as it is kept. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
