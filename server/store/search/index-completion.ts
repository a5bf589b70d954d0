import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { warnUnlessTold } from "#server/domain/outage.ts";
import type { Incomplete, IndexWork } from "./turn-index.ts";

interface Pending {
  /** The next entries that hold only how the answer begins. */
  incomplete(after: number): Promise<readonly Incomplete[]>;
  /** Entries of an earlier version of the index, or of one that was damaged. */
  outdated(): Promise<number>;
}

/** Completes the index entries of long answers one after the other, those of an earlier server included, and makes an outdated index anew. */
export class IndexCompletion implements AsyncDisposable {
  readonly #pending: Pending;
  readonly #work: IndexWork;
  readonly #logger: Logger;
  /** For what does not pass; not tried again by this server. */
  readonly #failed = new Set<string>();
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(pending: Pending, work: IndexWork, logger: Logger) {
    this.#pending = pending;
    this.#work = work;
    this.#logger = logger;
  }

  /** Looks for entries to write, now or after those that are in work. */
  wake(): void {
    this.#again = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#completeAll();
        await this.#rebuild();
      } catch (error) {
        this.#warn(error);
      }
    }
    this.#running = undefined;
  }

  async #completeAll(): Promise<void> {
    let after = 0;
    for (let some = await this.#pending.incomplete(after); some.length > 0 && !this.#closed;) {
      for (const { entry, turnId } of some) {
        after = entry;
        await this.#complete(turnId);
      }
      some = await this.#pending.incomplete(after);
    }
  }

  async #complete(turnId: string): Promise<void> {
    if (this.#closed || this.#failed.has(turnId)) return;
    try {
      await this.#work.complete(turnId);
    } catch (error) {
      if (!PipitError.from(error).retryable) this.#failed.add(turnId);
      this.#warn(error, { turnId });
    }
  }

  async #rebuild(): Promise<void> {
    const turns = this.#closed ? 0 : await this.#pending.outdated();
    if (turns === 0) return;
    this.#logger.info("store.index_rebuild", {
      turns,
      note: "The search index is made anew in the background; until then a search may miss older messages.",
    });
    let isWhole = false;
    while (!isWhole && !this.#closed) {
      isWhole = !(await this.#work.rebuildSome());
      // Long answers are found whole before older turns are.
      if (this.#again && !isWhole) await this.#completeAll();
    }
    if (isWhole) this.#logger.info("store.index_rebuilt", { turns });
  }

  #warn(error: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#closed) warnUnlessTold(this.#logger, "store.index_incomplete", error, fields);
  }

  /** Does not wait for an entry to be complete: the next server completes it. */
  close(): void {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#running;
  }
}
