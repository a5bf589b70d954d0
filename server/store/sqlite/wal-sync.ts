import { open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCodeOf } from "#contract/system-error.ts";

/**
 * Puts what SQLite has committed to its write-ahead log on the disk, off the main thread and for many at once: with
 * `synchronous = FULL` each commit alone would hold the event loop for as long as the disk takes.
 */
export class WalSync implements AsyncDisposable {
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** @param databaseFile path of the database */
  constructor(databaseFile: string) {
    this.#path = `${databaseFile}-wal`;
  }

  /**
   * Resolves when all that is committed by now survives a power cut. One sync runs at a time; who comes while it runs
   * shares the next.
   */
  committed(): Promise<void> {
    this.#next ??= this.#syncAfter(this.#running);
    return this.#next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#next?.catch(() => {});
    await this.#running.catch(() => {});
    await (await this.#file)?.close();
    this.#file = undefined;
  }

  async #syncAfter(before: Promise<void>): Promise<void> {
    await before.catch(() => {});
    this.#next = undefined;
    this.#running = this.#sync();
    await this.#running;
  }

  async #sync(): Promise<void> {
    this.#file ??= this.#open();
    const file = await this.#file.catch((error: unknown) => {
      this.#file = undefined;
      // Without a log, as before the first change of the journal mode, SQLite itself has synced.
      if (systemCodeOf(error) === "ENOENT") return undefined;
      throw error;
    });
    await file?.datasync();
  }

  /** Also the folder, whose entry of a new file is not on the disk before that. */
  async #open(): Promise<FileHandle> {
    // Windows flushes only what it may write.
    const file = await open(this.#path, "r+");
    if (process.platform !== "win32") {
      await using folder = await open(dirname(this.#path), "r");
      await folder.sync();
    }
    return file;
  }
}
