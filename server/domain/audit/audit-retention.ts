import type { Logger } from "#contract/logger.ts";
import { repeat } from "../repeat.ts";
import type { AuditReader } from "./audit-reader.ts";

/** A minute after the start, which has enough to do. */
const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 24 * 60 * 60 * 1000;

export interface AuditRetentionOptions {
  readonly reader: Pick<AuditReader, "prune">;
  readonly retentionMs: number;
  /** False while the clock cannot be believed. */
  readonly mayRemove: () => boolean;
  readonly logger: Logger;
  readonly onDamaged?: () => void;
  /** Default a minute. */
  readonly firstAfterMs?: number;
  /** Default a day. */
  readonly everyMs?: number;
}

/**
 * Removes events that are too old, once a day; several servers on one database may all do so. A failure is logged and
 * tried again the next day. Disposing waits for the batch that is being removed, and keeps no process alive.
 */
export function startAuditRetention(options: AuditRetentionOptions): AsyncDisposable {
  const {
    reader,
    retentionMs,
    mayRemove,
    logger,
    firstAfterMs = FIRST_AFTER_MS,
    everyMs = EVERY_MS,
  } = options;
  const prune = async (signal: AbortSignal): Promise<void> => {
    if (!mayRemove()) return;
    try {
      const { removed, problems } = await reader.prune({ olderThanMs: retentionMs, signal });
      if (removed > 0) logger.info("audit.pruned", { removed });
      if (problems.length > 0) {
        options.onDamaged?.();
        logger.error("audit.damaged", {
          problems,
          cure: "Run: pipit audit verify. What is damaged was kept.",
        });
      }
    } catch (error) {
      if (!signal.aborted) logger.error("audit.prune_failed", { error });
    }
  };
  return repeat(prune, { firstAfterMs, everyMs });
}
