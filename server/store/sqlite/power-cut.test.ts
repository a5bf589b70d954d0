import { appendFileSync, copyFileSync, existsSync, mkdirSync } from "node:fs";
import { mkdtemp, open, rm, type FileHandle } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createManualClock, createRecordingLogger } from "#server/testing/temporary-store.ts";
import { beginning, chat, ending } from "#server/testing/turn-store-kit.ts";
import { sized } from "#tests/testing/test-size.ts";
import { openStore, type Store } from "../store.ts";

const TURNS = sized(150, 1_000);
const AT_ONCE = 8;
/** So much that SQLite moves its log into the database several times meanwhile. */
const TEXT = "word ".repeat(8_000);
/** The files as they were at each sync are opened and read. */
const LIMIT = { timeout: sized(60_000, 20 * 60_000) };
/** One in so many is long: it is written by another connection. */
const LONG_EVERY = 40;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-power-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/**
 * Keeps what a power cut would leave at the worst: the files as they were when the newest completed sync began.
 *
 * @returns the number of that sync
 */
async function recordSyncs(file: string): Promise<() => number> {
  await using any = await open(folder, "r");
  const handles = Object.getPrototypeOf(any) as FileHandle;
  const real = handles.datasync;
  let begun = 0;
  let synced = -1;
  vi.spyOn(handles, "datasync").mockImplementation(async function (this: FileHandle) {
    const number = begun++;
    mkdirSync(join(folder, `cut-${number}`));
    for (const suffix of ["", "-wal"])
      if (existsSync(file + suffix)) copyFileSync(file + suffix, `${cutFile(number)}${suffix}`);
    await real.call(this);
    synced = number;
  });
  return () => synced;
}

const cutFile = (number: number): string => join(folder, `cut-${number}`, "pipit.db");
const options = (file: string) => ({ file, clock: createManualClock(), logger: createRecordingLogger() });

async function answer(store: Store, number: number): Promise<void> {
  const turnId = `turn-${number}`;
  await store.turns.begin(beginning({ turnId, clientMessageId: `message-${number}`, nowMs: number }));
  const text = number % LONG_EVERY === 1 ? TEXT.repeat(8) : TEXT;
  await store.turns.finish(ending({ turnId, assistantText: [`${number} `, text], nowMs: number }));
}

test(
  "an answer that its client was told is finished is there after a power cut at any later moment",
  LIMIT,
  async () => {
    const file = join(folder, "pipit.db");
    /** The answers that were acknowledged when a sync was the newest. */
    const acknowledged = new Map<number, number[]>();
    {
      await using store = await openStore(options(file));
      const newestSync = await recordSyncs(file);
      await store.chats.create(chat);
      let next = 0;
      const work = async (): Promise<void> => {
        for (let number = next++; number < TURNS; number = next++) {
          await answer(store, number);
          const known = acknowledged.get(newestSync()) ?? [];
          acknowledged.set(newestSync(), [...known, number]);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      vi.restoreAllMocks();
    }
    expect(acknowledged.size).toBeGreaterThan(TURNS / AT_ONCE / 2);
    const told: number[] = [];
    for (const [sync, numbers] of [...acknowledged].toSorted(([a], [b]) => a - b)) {
      told.push(...numbers);
      // Whatever else of the log had reached the disk by then may be torn.
      appendFileSync(`${cutFile(sync)}-wal`, randomBytes(5_000));
      await using store = await openStore(options(cutFile(sync)));
      expect(store.setAside).toBeUndefined();
      const turns = await store.turns.recent(chat.userId, chat.id, TURNS);
      const done = new Set(
        turns.filter(({ status }) => status === "done").map(({ assistantText: text }) => parseInt(text)),
      );
      expect(told.filter((number) => !done.has(number))).toEqual([]);
      await rm(join(folder, `cut-${sync}`), { recursive: true });
    }
  },
);

test("a question in a new chat waits for no sync before it is asked", async () => {
  const file = join(folder, "pipit.db");
  await using store = await openStore(options(file));
  await using any = await open(folder, "r");
  const sync = vi.spyOn(Object.getPrototypeOf(any) as FileHandle, "datasync");
  await store.chats.createForQuestion(chat);
  await store.turns.begin(beginning());
  expect(sync).not.toHaveBeenCalled();
  await store.turns.finish(ending());
  expect(sync).toHaveBeenCalledOnce();
  vi.restoreAllMocks();
});
