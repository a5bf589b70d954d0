/** How often something may fail for one key. */
export interface LimitRule {
  /** Failures after which nothing more is let in; attempts that have not ended count as failures. */
  readonly max: number;
  /**
   * Without `blockMs`: a window that begins with the first attempt; refusals last until it ends. With `blockMs`: failures
   * in a row are counted, and forgotten after so long without any attempt.
   */
  readonly windowMs: number;
  /** How long the first block lasts that `max` failures in a row begin. A success ends the row. */
  readonly blockMs?: number;
  /** How much longer each further block lasts than the one before; default 1. */
  readonly growth?: number;
  /** No block lasts longer than this; default: no bound. */
  readonly maxBlockMs?: number;
}

export type Reservation =
  | {
      readonly kind: "granted";
      /** To be given back when the attempt has ended: says which window it was charged to. */
      readonly ticket: number;
      /** How many more may be charged now. */
      readonly remaining: number;
      readonly resetAfterMs: number;
    }
  /** Nothing is left, but running attempts may succeed and give their charge back: ask again in a moment. */
  | { readonly kind: "busy" }
  | { readonly kind: "blocked"; readonly retryAfterMs: number };

/** How an attempt ended; `void` is one that proved nothing (it was not made, or broke off). */
export type AttemptOutcome = "failed" | "succeeded" | "void";

export interface Settlement {
  readonly outcome: AttemptOutcome;
  /** The ticket of the reservation that it settles. */
  readonly ticket: number;
}

/**
 * Counts attempts, each operation atomically, over as many processes as share the store. Keys are hashes already. A
 * store on a server of its own may go by that server's clock in place of `nowMs`. Throws LIMITS_UNREACHABLE, or what
 * its database throws: then nothing is granted.
 */
export interface AttemptCounterStore {
  /** Charges one attempt before it is made, if the rule allows one. */
  reserve(key: string, rule: LimitRule, nowMs: number): Promise<Reservation>;
  /**
   * Ends an attempt that was granted: `failed` keeps its charge, the others give it back, and `succeeded` ends a row of
   * failures as well. Never settled (the process died), it counts as a failure.
   *
   * @returns how long the block is that this failure began
   */
  settle(key: string, rule: LimitRule, settlement: Settlement, nowMs: number): Promise<number | undefined>;
  /** Forgets everything about the key. */
  reset(key: string): Promise<void>;
}
