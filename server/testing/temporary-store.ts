import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { openStore, type Store } from "../store/store.ts";
import { writeMigratedFile } from "./sqlite-template.ts";

/** Key of the audit log of every store that tests open. */
export const TEST_AUDIT_KEY = Buffer.alloc(32, "audit");

/** A clock that only tests move. */
export interface ManualClock extends Clock {
  advance(durationMs: number): void;
}

export function createManualClock(startMs = 1_700_000_000_000): ManualClock {
  let now = startMs;
  return {
    nowMs: () => now,
    advance: (durationMs) => {
      now += durationMs;
    },
  };
}

interface RecordedLog {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export interface RecordingLogger extends Logger {
  readonly lines: RecordedLog[];
}

export function createRecordingLogger(): RecordingLogger {
  const lines: RecordedLog[] = [];
  const at =
    (level: string) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
      lines.push({ level, event, fields });
    };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** A real store in a folder of its own, which goes away with it. */
export interface TemporaryStore extends AsyncDisposable {
  readonly store: Store;
  readonly dir: string;
  readonly file: string;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
}

/** @example await using temporary = await openTemporaryStore(); */
export async function openTemporaryStore(): Promise<TemporaryStore> {
  const dir = await mkdtemp(join(tmpdir(), "pipit-store-"));
  const file = join(dir, "pipit.db");
  const clock = createManualClock();
  const logger = createRecordingLogger();
  await writeMigratedFile(file);
  const store = await openStore({ file, clock, logger, auditKey: TEST_AUDIT_KEY });
  return {
    store,
    dir,
    file,
    clock,
    logger,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
