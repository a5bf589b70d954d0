import { PipitError } from "#contract/pipit-error.ts";

interface WorkQueueOptions {
  /** How many run at once. */
  readonly concurrency: number;
  /** How many wait; more are refused. */
  readonly maxQueued: number;
  /** What the refused are told. */
  readonly retryAfterMs: number;
}

/** First come, first served. */
export function createWorkQueue({ concurrency, maxQueued, retryAfterMs }: WorkQueueOptions) {
  // A set keeps the order and lets any waiter leave.
  const waiting = new Set<() => void>();
  let running = 0;

  const turn = async (signal: AbortSignal | undefined): Promise<void> => {
    if (running < concurrency) {
      running += 1;
      return;
    }
    if (waiting.size >= maxQueued) {
      throw new PipitError(
        "SERVER_BUSY",
        "The server is checking as many passwords as it can. Try again in a second.",
        { retryAfterMs },
      );
    }
    const mine = Promise.withResolvers<void>();
    const leave = (): void => {
      waiting.delete(mine.resolve);
      mine.reject(signal?.reason);
    };
    waiting.add(mine.resolve);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await mine.promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  };
  /** Gives the place to the next; `running` stays as it is, so that no newcomer slips in between. */
  const next = (): void => {
    const [first] = waiting;
    if (first === undefined) {
      running -= 1;
      return;
    }
    waiting.delete(first);
    first();
  };

  return {
    /**
     * Runs `work` when it is its turn; `signal` takes it out of the queue, and has no effect once it runs. Throws
     * SERVER_BUSY with `retryAfterMs` when the queue is full, and the signal's reason.
     */
    async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
      signal?.throwIfAborted();
      await turn(signal);
      try {
        return await work();
      } finally {
        next();
      }
    },
    /** How many wait now. */
    queued: () => waiting.size,
  };
}
