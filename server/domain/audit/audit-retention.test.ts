import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import {
  AUDIT_RETENTION_MS,
  type AuditReader,
  type PruneAuditOptions,
  type PrunedAudit,
} from "./audit-reader.ts";
import { startAuditRetention } from "./audit-retention.ts";

const often = { retentionMs: 5, firstAfterMs: 0, everyMs: 1, mayRemove: () => true };

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

test("stopping before the first time leaves a database alone that may be closed by then", async () => {
  const asked: PruneAuditOptions[] = [];
  const reader = readerOf([], asked);
  const logger = createRecordingLogger();
  await startAuditRetention({ ...often, firstAfterMs: 5, reader, logger })[Symbol.asyncDispose]();
  await sleep(50);
  expect(asked).toEqual([]);
});

test("[O5] nothing is removed while the clock cannot be believed, and all that is due once it can", async () => {
  const asked: PruneAuditOptions[] = [];
  let looks = 0;
  const mayRemove = (): boolean => ++looks > 3;
  const reader = readerOf([], asked);
  await using stack = new AsyncDisposableStack();
  stack.use(startAuditRetention({ ...often, mayRemove, reader, logger: createRecordingLogger() }));
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  expect(looks).toBeGreaterThan(3);
});

test("events are kept for 400 days, a year and a month to notice", () => {
  expect(AUDIT_RETENTION_MS).toBe(400 * 86_400_000);
});
