import type { AuthMetrics } from "../auth-metrics.ts";
import type { AuditLog } from "./ports.ts";

/**
 * Counts what is written to the log, so that no place which decides can forget to count. A transaction that is undone
 * afterwards was counted all the same: it was an attempt.
 */
export function countedAuditLog(
  log: AuditLog,
  metrics: Pick<AuthMetrics, "failedLogin" | "refreshReuse">,
): AuditLog {
  return {
    async append(event, origin) {
      await log.append(event, origin);
      if (event.event === "login" && event.outcome === "failure") metrics.failedLogin(event.reason ?? "");
      if (event.event === "token.reuse_detected") metrics.refreshReuse();
    },
  };
}
