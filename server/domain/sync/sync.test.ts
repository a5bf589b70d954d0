import { expect, test } from "vitest";
import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import type { NumberedChange } from "./ports.ts";
import { Sync } from "./sync.ts";

test("the sockets of an account that are told together ask the database once, and one that is told later asks anew", async () => {
  const log: NumberedChange[] = [];
  const asked: number[] = [];
  await using sync = new Sync({
    store: {
      reachesBackTo: async () => true,
      end: async () => ({ seq: log.length, atMs: 1 }),
      lastSeqs: async () => new Map(),
      async after(_userId, seq) {
        asked.push(seq);
        const found = log.slice(seq);
        await new Promise(setImmediate);
        return found;
      },
    },
    bus: createMemoryBus(),
    logger: createRecordingLogger(),
  });
  const change = () => {
    const seq = log.push({ userId: "ann", kind: "chat.renamed", seq: log.length + 1, atMs: 1 });
    sync.noted("ann", seq);
  };
  /** What each socket has. */
  const heard = [[], [], []] as number[][];
  const reading: Promise<void>[] = [];
  for (const own of heard) {
    const read = async (): Promise<void> => {
      const changes = await sync.after("ann", { seq: own.length, atMs: 1 }, 200);
      // A second question may bring again what the first one brought.
      own.push(...changes.map(({ seq }) => seq).filter((seq) => seq > own.length));
    };
    sync.follow("ann", {
      get seq() {
        return own.length;
      },
      more: () => void reading.push(read()),
    });
  }
  change();
  expect(asked).toEqual([0]);
  // Stored while that question is under way, which may not see it.
  await Promise.resolve();
  change();
  expect(asked).toEqual([0, 0]);
  await Promise.all(reading);
  expect(heard).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});
