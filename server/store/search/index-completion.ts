import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { CompleteEntry } from "./turn-index.ts";

/** Completes the index entries of long answers one after the other, those of an earlier server included. */
export class IndexCompletion implements AsyncDisposable {
  readonly #incomplete: () => Promise<readonly string[]>;
  readonly #complete: CompleteEntry;
  readonly #logger: Logger;
  /** For what does not pass; not tried again by this server. */
  readonly #failed = new Set<string>();
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(incomplete: () => Promise<readonly string[]>, complete: CompleteEntry, logger: Logger) {
    this.#incomplete = incomplete;
    this.#complete = complete;
    this.#logger = logger;
  }

  /** Looks for entries to complete, now or after those that are in work. */
  wake(): void {
    this.#again = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        for (const turnId of await this.#incomplete()) await this.#try(turnId);
      } catch (error) {
        this.#warn({ error });
      }
    }
    this.#running = undefined;
  }

  async #try(turnId: string): Promise<void> {
    if (this.#closed || this.#failed.has(turnId)) return;
    try {
      await this.#complete(turnId);
    } catch (error) {
      if (!PipitError.from(error).retryable) this.#failed.add(turnId);
      this.#warn({ turnId, error });
    }
  }

  #warn(fields: Readonly<Record<string, unknown>>): void {
    if (!this.#closed) this.#logger.warn("store.index_incomplete", fields);
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
