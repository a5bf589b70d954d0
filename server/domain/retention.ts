import type { Logger } from "#contract/logger.ts";
import { repeat } from "./repeat.ts";

/** After the start, which has enough to do. */
const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 60 * 60 * 1000;

/** How long what nobody deletes is kept. */
export interface Retention {
  /** Since the last word in a chat; 0: chats are kept for ever. */
  readonly chatsKeptDays: number;
  /** 0: for ever. */
  readonly usageKeptDays: number;
  /** Of a used refresh token, since its own end. */
  readonly usedTokensKeptDays: number;
}

/** What was removed ("chats", or the name of a table), and how many of it; nothing of what there was none. */
export type RemovedCounts = Readonly<Record<string, number>>;

interface RetentionOptions {
  readonly removeOld: (kept: Retention, signal: AbortSignal) => Promise<RemovedCounts>;
  readonly kept: Retention;
  /** False while the clock is in doubt. */
  readonly mayRemove: () => boolean;
  readonly onRemoved: (kind: string, count: number) => void;
  readonly logger: Logger;
  /** Default a minute. */
  readonly firstAfterMs?: number;
}

/** Removes what has ended or was kept long enough, every hour; a failure is logged and tried again. */
export function startRetention(options: RetentionOptions): AsyncDisposable {
  const { removeOld, kept, mayRemove, onRemoved, logger, firstAfterMs = FIRST_AFTER_MS } = options;
  const sweep = async (signal: AbortSignal): Promise<void> => {
    if (!mayRemove()) return;
    try {
      const removed = await removeOld(kept, signal);
      for (const [kind, count] of Object.entries(removed)) onRemoved(kind, count);
      if (Object.keys(removed).length > 0) logger.info("retention.removed", removed);
    } catch (error) {
      if (!signal.aborted) logger.error("retention.failed", { error });
    }
  };
  return repeat(sweep, { firstAfterMs, everyMs: EVERY_MS });
}
