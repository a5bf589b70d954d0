import type { WorkMetrics } from "#server/domain/work-metrics.ts";

/** Counts nothing. */
export const noMetrics: WorkMetrics = {
  turnStarted() {},
  turnEnded() {},
  firstToken() {},
  modelAsked() {},
  modelFailed() {},
  sentenceSpoken() {},
};
