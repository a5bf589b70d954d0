import type { Logger } from "#contract/logger.ts";
import { repeat } from "../repeat.ts";

/** After the start, which has enough to do. */
const FIRST_AFTER_MS = 1_000;
/** What was deleted is gone this long after it could be restored, at most; each time costs SQLite a merge of its index. */
const EVERY_MS = 60_000;

/** Wipes what was deleted and cannot be restored any more; resolves to how much. Ends early when `signal` aborts. */
type PurgeDeleted = (signal: AbortSignal) => Promise<number>;

/** Wipes after a second, and then every minute; a failure is logged and tried again. Several servers may all do so. */
export function startPurge(purgeDeleted: PurgeDeleted, logger: Logger): AsyncDisposable {
  const purge = async (signal: AbortSignal): Promise<void> => {
    try {
      const wiped = await purgeDeleted(signal);
      if (wiped > 0) logger.info("chats.purged", { wiped });
    } catch (error) {
      if (!signal.aborted) logger.error("chats.purge_failed", { error });
    }
  };
  return repeat(purge, { firstAfterMs: FIRST_AFTER_MS, everyMs: EVERY_MS });
}
