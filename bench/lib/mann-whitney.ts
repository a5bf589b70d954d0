import { errorFunction, wilcoxonRankSum } from "simple-statistics";

/**
 * How likely two samples differ as much as these by chance when they come from the same distribution: two-sided
 * Mann-Whitney U test by the normal approximation with the correction for continuity, which is good from some 20 values
 * each. Equal values, which times in milliseconds hardly have, are not corrected for. Throws on an empty sample.
 */
export function mannWhitneyP(left: readonly number[], right: readonly number[]): number {
  const [n, m] = [left.length, right.length];
  if (n === 0 || m === 0) throw new Error("There is nothing to compare.");
  const u = wilcoxonRankSum([...left], [...right]) - (n * (n + 1)) / 2;
  const deviation = Math.sqrt(((n * m) / 12) * (n + m + 1));
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / deviation;
  return Math.min(1, 1 - errorFunction(z / Math.SQRT2));
}
