import * as z from "zod/mini";
import { command } from "./command.ts";

/** Tokens of several answers. */
export interface TokenSum {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly answers: number;
  /** How many of the answers have tokens that no model has told, but that are estimated. */
  readonly estimated: number;
}

/** Most tokens of a day or month, and how many of them are used; at `freeAtMs` (epoch) it begins anew. */
export interface TokenLimit {
  readonly limit: number;
  readonly used: number;
  readonly freeAtMs: number;
}

/** What the account has used from one day (2026-11-29) to another, both included. */
export interface UsedTokens {
  readonly from: string;
  readonly to: string;
  /** Days in order, models and chats by their tokens. `name`: a day (2026-11-29), a model, or the title of a chat. */
  readonly sums: readonly (TokenSum & { readonly name: string })[];
  readonly total: TokenSum;
  readonly day?: TokenLimit;
  readonly month?: TokenLimit;
}

const by = z.enum(["day", "model", "chat"]);
export type UsedBy = z.infer<typeof by>;

/** What the account has used of its tokens in the last 30 days. */
export const usageCommands = {
  usedTokens: command<UsedTokens>()(z.strictObject({ by })),
} as const;
