import type { ErrorCode } from "#contract/error-codes.ts";

/**
 * Faults of this server that pass: the same request may succeed in a moment. What they come from has lines of its own in the log
 * (`store.*`, `limits.*`, `clock.*`): see `isToldAsOutage`.
 */
export const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "SERVER_BUSY",
  "LIMITS_UNREACHABLE",
  "DATABASE_UNREACHABLE",
  "CLOCK_WRONG",
  "SERVER_STOPPING",
]);
