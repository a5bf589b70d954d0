import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { IndexCompletion } from "./index-completion.ts";

test("an entry that failed for what passes is tried again with the next long answer, any other is not", async () => {
  const tried: string[] = [];
  const logger = createRecordingLogger();
  const entries = {
    passing: new PipitError("STORAGE_FULL", "The disk is full."),
    lasting: new Error("needs too much memory"),
  };
  const complete = async (turnId: string): Promise<void> => {
    tried.push(turnId);
    throw entries[turnId as keyof typeof entries];
  };
  const turns = Object.keys(entries).map((turnId, place) => ({ entry: place + 1, turnId }));
  const pending = {
    incomplete: async (after: number) => turns.filter(({ entry }) => entry > after).slice(0, 1),
    outdated: async () => 0,
  };
  const work = { complete, rebuildSome: async () => false };
  await using completion = new IndexCompletion(pending, work, logger);
  completion.wake();
  await expect.poll(() => tried).toEqual(["passing", "lasting"]);
  completion.wake();
  await expect.poll(() => tried).toEqual(["passing", "lasting", "passing"]);
  expect(logger.lines.map(({ event }) => event)).toEqual(Array(3).fill("store.index_incomplete"));
});
