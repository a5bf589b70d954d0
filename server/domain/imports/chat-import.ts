import type { Clock } from "#contract/clock.ts";
import { ownProgram } from "#contract/own-program.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuditLog, AuditOrigin } from "#server/domain/audit/ports.ts";
import { JobError, JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobThread } from "#server/domain/jobs/job-runner.ts";
import type { ExportFile, FileProblem } from "./export-file.ts";
import type { ExportPiece, ReadLimits, ReadSome } from "./export-reader.ts";
import type { ChatImportStore, ImportOrigin, ImportOutcome, TurnBatch } from "./imported-chat.ts";
import type { ReadJob } from "./import-worker.ts";
import type { LeftOut, SkippedChat, SkipReason } from "./read-chat.ts";

/** A gigabyte of JSON is more than ten years of chats. Empty ones cost time, too. */
const LIMITS: ReadLimits = {
  chatChars: 128 * 1024 * 1024,
  unpackedBytes: 1024 * 1024 * 1024,
  chats: 100_000,
};
/** The largest chat several times over: its JSON, and what is made of it. */
const HEAP_MAX_MB = 2048;
/** To read the largest chat. */
const LIMIT_MS = 120_000;
/** Chats that are told by name; of all others the number. */
const MAX_TOLD = 100;

/** What came of an import. */
export interface ImportReport {
  /** Whose export it is; undefined when no chat was found. */
  readonly origin: ImportOrigin | undefined;
  readonly made: number;
  readonly extended: number;
  readonly unchanged: number;
  readonly turns: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** The first ones that were skipped. */
  readonly skippedChats: readonly SkippedChat[];
  readonly leftOut: LeftOut;
  /** Why the file was not read to its end. */
  readonly problem: FileProblem | undefined;
}

export interface ImportProgress {
  readonly readBytes: number;
  readonly totalBytes: number;
  /** Chats that were looked at. */
  readonly chats: number;
}

interface ImportDeps {
  readonly store: ChatImportStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** What is to be imported, for whom. */
export interface ImportRequest {
  readonly userId: string;
  readonly file: ExportFile;
  /** Also chats that were deleted here. */
  readonly again: boolean;
  readonly origin: AuditOrigin;
}

/**
 * Imports the chats of a file, one transaction each, and tells how far it is. Leaving the loop or aborting ends it between
 * two chats; the next import of the file goes on from there. Reading is done in a thread, which holds one chat at a time.
 *
 * @throws PipitError FILE_UNSUPPORTED for what is no export, before anything else; STORAGE_*, CANCELLED
 */
export async function* importChats(
  { store, audit, clock }: ImportDeps,
  { userId, file, again, origin }: ImportRequest,
  signal: AbortSignal,
): AsyncGenerator<ImportProgress, ImportReport> {
  await using jobs = new JobQueue<ReadJob, ReadSome>({
    name: "the reader of exports",
    start: () => startJobThread(ownProgram("import-worker", import.meta.url), HEAP_MAX_MB),
    limitMs: LIMIT_MS,
  });
  const tally = new Tally();
  const source = new PieceSource((job) => jobs.run(job, signal).catch(asPipitError), {
    open: { file, limits: LIMITS, nowMs: clock.nowMs() },
  });
  const append = async (outcome: "success" | "failure"): Promise<void> => {
    const { made, extended, turns, origin: whose = "none" } = tally.report(source.leftOut, undefined);
    const data = { made, extended, turns, origin: whose };
    await audit.append({ event: "chats.imported", outcome, userId, data }, origin);
  };
  let isWhole = false;
  try {
    for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
      signal.throwIfAborted();
      if ("skipped" in piece) tally.skip(piece.skipped);
      else if ("chat" in piece) {
        const { chat } = piece;
        try {
          const outcome = await store.importChat(userId, chat, source.batchesFrom(piece), again);
          tally.count(chat.origin, outcome.kind, outcome.turns);
          if (outcome.kind === "deleted") tally.skip({ title: chat.title, reason: "deleted" });
        } catch (reason) {
          if (PipitError.from(reason).code !== "SERVER_BUSY") throw reason;
          tally.skip({ title: chat.title, reason: "busy" });
        }
        await source.passBatches();
      }
      yield { readBytes: source.readBytes, totalBytes: file.bytes, chats: tally.chats };
    }
    if (tally.chats === 0 && source.problem !== undefined) throw noExport(source.problem);
    const report = tally.report(source.leftOut, source.problem);
    isWhole = true;
    await append("success");
    return report;
  } finally {
    store.importsEnded();
    // The client has left, or the disk is full: what came by then stays.
    if (!isWhole && tally.hasChanged) await append("failure");
  }
}

function asPipitError(reason: unknown): never {
  if (!(reason instanceof JobError)) throw reason;
  throw new PipitError("FILE_TOO_LARGE", "This file cannot be read here. Import it in parts.", {
    detail: reason.message,
    cause: reason,
  });
}

function noExport(problem: FileProblem): PipitError {
  const why = {
    no_export: "There are no chats in this file.",
    damaged: "This file is damaged, or not whole.",
    encoding: "This file is not written in UTF-8 or UTF-16.",
    locked: "This archive has a password. Unpack it, and import what is in it.",
    unpacked_too_large: "This archive holds more than the 1 GiB of chats that can be unpacked.",
    too_many_chats: `This file holds more than ${LIMITS.chats} chats. Import it in parts.`,
  }[problem];
  return new PipitError(
    "FILE_UNSUPPORTED",
    `${why} What can be imported is a JSON export of Pipit, or conversations.json of ChatGPT or Claude, also within their archive.`,
    { field: "file" },
  );
}

/** The pieces of an export, as the thread reads them. */
class PieceSource {
  readonly #read: (job: ReadJob) => Promise<ReadSome>;
  #job: ReadJob;
  #some: ReadSome | undefined;
  #place = 0;
  /** More turns of the chat that was read last are to come. */
  #isInChat = false;

  constructor(read: (job: ReadJob) => Promise<ReadSome>, first: ReadJob) {
    this.#read = read;
    this.#job = first;
  }

  get readBytes(): number {
    return this.#some?.readBytes ?? 0;
  }

  get leftOut(): LeftOut {
    return this.#some?.leftOut ?? { pictures: 0, files: 0, cut: 0 };
  }

  get problem(): FileProblem | undefined {
    return this.#some?.end?.problem;
  }

  async next(): Promise<ExportPiece | undefined> {
    while (this.#some === undefined || this.#place >= this.#some.pieces.length) {
      this.#isInChat = false;
      if (this.#some?.end !== undefined) return undefined;
      this.#some = await this.#read(this.#job);
      this.#job = {};
      this.#place = 0;
    }
    const piece = this.#some.pieces[this.#place];
    this.#place += 1;
    this.#isInChat = piece !== undefined && "turns" in piece && !piece.isLast;
    return piece;
  }

  /** The turns of the chat that was read last. What comes behind is not read: it may take long. */
  async *batchesFrom(first: TurnBatch): AsyncGenerator<TurnBatch> {
    yield first;
    while (this.#isInChat) {
      const piece = await this.next();
      if (piece !== undefined && "turns" in piece) yield piece;
    }
  }

  /** Those that are left of the chat that was read last. */
  async passBatches(): Promise<void> {
    while (this.#isInChat) await this.next();
  }
}

/** Counts what becomes of chats. */
class Tally {
  readonly #counts: Record<ImportOutcome["kind"], number> = {
    made: 0,
    extended: 0,
    unchanged: 0,
    deleted: 0,
  };
  readonly #skipped: Partial<Record<SkipReason, number>> = {};
  readonly #told: SkippedChat[] = [];
  #origin: ImportOrigin | undefined;
  #turns = 0;
  chats = 0;

  count(origin: ImportOrigin, kind: ImportOutcome["kind"], turns: number): void {
    this.#origin ??= origin;
    this.#counts[kind] += 1;
    this.#turns += turns;
    if (kind !== "deleted") this.chats += 1;
  }

  get hasChanged(): boolean {
    return this.#counts.made + this.#counts.extended > 0;
  }

  skip(chat: SkippedChat): void {
    this.chats += 1;
    this.#skipped[chat.reason] = (this.#skipped[chat.reason] ?? 0) + 1;
    if (this.#told.length < MAX_TOLD) this.#told.push(chat);
  }

  report(leftOut: LeftOut, problem: FileProblem | undefined): ImportReport {
    const { made, extended, unchanged } = this.#counts;
    const skipped = { skipped: this.#skipped, skippedChats: this.#told };
    return {
      origin: this.#origin,
      made,
      extended,
      unchanged,
      turns: this.#turns,
      ...skipped,
      leftOut,
      problem,
    };
  }
}
