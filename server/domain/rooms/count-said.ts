import { PipitError } from "#contract/pipit-error.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import type { LimitBucket } from "#server/domain/limits/rules.ts";

/**
 * Charges what somebody says in a room. While the counters cannot be reached it goes uncounted: people talk on. Throws
 * RATE_LIMITED.
 */
export async function countWhereReachable(
  limits: Pick<AttemptLimits, "take">,
  bucket: LimitBucket,
): Promise<void> {
  try {
    const attempt = await limits.take([bucket]);
    await attempt.settle("failed");
  } catch (error) {
    if (PipitError.from(error).code !== "LIMITS_UNREACHABLE") throw error;
  }
}
