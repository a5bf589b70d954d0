/** What a figure must reach. It is about the ratio when `of` says so, else about the value. */
export interface Goal {
  readonly of: "value" | "ratio";
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One figure of a benchmark, always beside what it is compared with in the same run. */
export interface BenchResult {
  /** e.g. "stream.1KB" */
  readonly name: string;
  /** e.g. "messages/s", "ms", "KB" */
  readonly unit: string;
  readonly value: number;
  /** What the value is compared with, measured in the same run; null when there is nothing to compare with. */
  readonly baseline: number | null;
  /** What the baseline is, e.g. "bare grpc-js server". */
  readonly baselineName: string | null;
  /** value / baseline. */
  readonly ratio: number | null;
  readonly goal?: Goal;
  /** Whether the goal was reached; absent without a goal. */
  readonly ok?: boolean;
}

/** A benchmark: `bench/<name>.ts` exports it as `run`. One of many long parts gives its figures as they come. */
export type Bench = (signal: AbortSignal) => Promise<readonly BenchResult[]> | AsyncIterable<BenchResult>;

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly baseline?: number;
  readonly baselineName?: string;
  readonly goal?: Goal;
}

/** Completes a figure: its ratio, and whether its goal was reached. */
export function toResult(figure: Figure): BenchResult {
  const baseline = figure.baseline ?? null;
  const ratio = baseline === null || baseline === 0 ? null : figure.value / baseline;
  const judged = figure.goal?.of === "ratio" ? ratio : figure.value;
  return {
    name: figure.name,
    unit: figure.unit,
    value: round(figure.value),
    baseline: baseline === null ? null : round(baseline),
    baselineName: figure.baselineName ?? null,
    ratio: ratio === null ? null : round(ratio),
    ...(figure.goal === undefined ? {} : { goal: figure.goal, ok: reached(figure.goal, judged) }),
  };
}

/** "<= 20", ">= 0.7 x". */
export function describeGoal(goal: Goal): string {
  const unit = goal.of === "ratio" ? " x" : "";
  const parts = [
    goal.atMost === undefined ? undefined : `<= ${goal.atMost}${unit}`,
    goal.atLeast === undefined ? undefined : `>= ${goal.atLeast}${unit}`,
  ];
  return parts.filter((part) => part !== undefined).join(" and ");
}

function reached(goal: Goal, judged: number | null): boolean {
  if (judged === null || !Number.isFinite(judged)) return false;
  return judged <= (goal.atMost ?? Infinity) && judged >= (goal.atLeast ?? -Infinity);
}

/** Four significant digits: more would be noise. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
