import { ownProgram } from "#contract/own-program.ts";
import { JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobThread } from "#server/domain/jobs/job-runner.ts";

export interface SqliteJob {
  readonly file: string;
  readonly sql: string;
  /** Bytes in shared memory are not copied. */
  readonly parameters: readonly unknown[];
  /** Whether it belongs to a transaction that has begun. */
  readonly inTransaction: boolean;
}
export type SqliteReply =
  | SqliteRows
  | { readonly failure: { readonly code: string; readonly message: string } };
interface SqliteRows {
  readonly rows: readonly unknown[];
  readonly changes: number;
}

/** The stems of the longest answer and what it takes to find them. */
const HEAP_MAX_MB = 512;
/** One statement; a slow disk may need long for the longest answer. */
const LIMIT_MS = 120_000;
const IDLE_MS = 10_000;

/** Statements on a connection of its own in a thread, where the event loop does not wait for them. */
export class SqliteThread implements AsyncDisposable {
  readonly #file: string;
  readonly #jobs: JobQueue<SqliteJob, SqliteReply>;

  /**
   * @param idleMs it ends after this long without work
   * @param limitMs it is ended, and its statement rejected, after this long
   */
  constructor(file: string, idleMs = IDLE_MS, limitMs = LIMIT_MS) {
    this.#file = file;
    const program = ownProgram("sqlite-worker", import.meta.url);
    const start = () => startJobThread(program, HEAP_MAX_MB);
    this.#jobs = new JobQueue({ name: "the database's thread", start, limitMs, idleMs });
  }

  /** Statements that wait for the one that runs. */
  get waiting(): number {
    return this.#jobs.waiting;
  }

  /** Rejects with SQLite's error, JobError, or the reason of `signal`, with which the thread ends. */
  async run(
    sql: string,
    parameters: readonly unknown[] = [],
    inTransaction = false,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<SqliteRows> {
    const job = { file: this.#file, sql, parameters, inTransaction };
    const reply = await this.#jobs.run(job, signal);
    if (!("failure" in reply)) return reply;
    const { code, message } = reply.failure;
    throw Object.assign(new Error(message), { code });
  }

  /** Starts it, which takes a while; who has the database would let all others wait for it. */
  async ready(): Promise<void> {
    if (this.#jobs.id === undefined) await this.run("select 1");
  }

  /** Its connection, with temporary tables, stays until this is disposed of. */
  hold(): Disposable {
    return this.#jobs.hold();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs[Symbol.asyncDispose]();
  }
}
