import { expect, test } from "vitest";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import type { AuditReader, PruneAuditOptions, PrunedAudit } from "./audit-reader.ts";
import { startAuditRetention } from "./audit-retention.ts";

const often = { retentionMs: 5, firstAfterMs: 0, everyMs: 1 };

function readerOf(
  answers: readonly (PrunedAudit | Error)[],
  asked: PruneAuditOptions[],
): Pick<AuditReader, "prune"> {
  return {
    async prune(options = {}) {
      const answer = answers[asked.length] ?? { removed: 0, problems: [] };
      asked.push(options);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

test("old events are removed again and again, also after a failure, and what is damaged is told", async () => {
  const asked: PruneAuditOptions[] = [];
  const logger = createRecordingLogger();
  const reader = readerOf(
    [
      { removed: 3, problems: [] },
      new Error("database gone"),
      { removed: 0, problems: [{ chain: 1, damage: "chain-changed" }] },
    ],
    asked,
  );
  await using stack = new AsyncDisposableStack();
  stack.use(startAuditRetention({ ...often, reader, logger }));
  await expect.poll(() => asked.length).toBeGreaterThan(3);
  expect(asked[0]?.olderThanMs).toBe(5);
  expect(logger.lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
    "info audit.pruned",
    "error audit.prune_failed",
    "error audit.damaged",
  ]);
});

test("stopping ends what is under way, without a complaint, and nothing comes after it", async () => {
  const logger = createRecordingLogger();
  const asked: PruneAuditOptions[] = [];
  const reader: Pick<AuditReader, "prune"> = {
    async prune(options = {}) {
      asked.push(options);
      const aborted = Promise.withResolvers<PrunedAudit>();
      options.signal?.addEventListener("abort", () => aborted.reject(options.signal?.reason));
      return aborted.promise;
    },
  };
  const retention = startAuditRetention({ ...often, reader, logger });
  await expect.poll(() => asked.length).toBe(1);
  await retention[Symbol.asyncDispose]();
  expect(logger.lines).toEqual([]);
  expect(asked).toHaveLength(1);
});
