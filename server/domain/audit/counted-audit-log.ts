import type { AuthMetrics } from "../auth-metrics.ts";
import type { AuditEvent, AuditLog } from "./ports.ts";

/** What is counted of the log. */
export type AuditMetrics = Pick<AuthMetrics, "failedLogin" | "refreshReuse"> &
  Partial<Pick<AuthMetrics, "successfulLogin" | "auditDamaged">>;

/**
 * Counts what is written to the log, so that no place which decides can forget to count. A transaction that is undone
 * afterwards was counted all the same: it was an attempt.
 */
export function countedAuditLog(log: AuditLog, metrics: AuditMetrics): AuditLog {
  return {
    async append(event, origin) {
      await log.append(event, origin);
      countEvent(metrics, event);
    },
  };
}

/** Also for what is left out of the log, because there is too much of it. */
export function countEvent(metrics: AuditMetrics, { event, outcome, reason }: AuditEvent): void {
  if (event === "token.reuse_detected") metrics.refreshReuse();
  if (event !== "login") return;
  if (outcome === "success") metrics.successfulLogin?.();
  else metrics.failedLogin(reason ?? "");
}
