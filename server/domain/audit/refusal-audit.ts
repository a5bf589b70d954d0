import type { AuditEvent, AuditLog, AuditOrigin } from "./ports.ts";
import type { Clock } from "#contract/clock.ts";

const WINDOW_MS = 60_000;
/** Refusals written by one process. A user's own mistakes never reach it. */
const MAX_PER_WINDOW = 600;

/** Takes refusals that a client without a sign-in can cause. */
export type RefusalAudit = ReturnType<typeof createRefusalAudit>;

/**
 * Writes refusals to the audit, but not more than the disk can bear when an attacker causes them by the thousand: what
 * is beyond that is counted, and the next event says how many were left out.
 */
export function createRefusalAudit(options: {
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Told of each that is left out. */
  readonly onOmitted?: (event: AuditEvent) => void;
}) {
  const { audit, clock, onOmitted } = options;
  let windowStartMs = Number.NEGATIVE_INFINITY;
  let written = 0;
  let omitted = 0;
  return {
    async record(event: AuditEvent, origin: AuditOrigin): Promise<void> {
      const sinceMs = clock.nowMs() - windowStartMs;
      // Also when the clock was set back.
      if (sinceMs >= WINDOW_MS || sinceMs < 0) {
        windowStartMs = clock.nowMs();
        written = 0;
      }
      if (written >= MAX_PER_WINDOW) {
        omitted += 1;
        onOmitted?.(event);
        return;
      }
      written += 1;
      const leftOut = omitted;
      omitted = 0;
      const data = leftOut === 0 ? event.data : { ...event.data, omittedBefore: leftOut };
      await audit.append({ ...event, data }, origin);
    },
  };
}
