import type { JobRunner } from "./job-runner.ts";
import { READY, type JobReply } from "./serve-jobs.ts";

/** Why a job has no result: its program said so, could not start, died, took too long, or the queue is closed. */
export class JobError extends Error {
  override readonly name = "JobError";
  readonly kind: "refused" | "not-started" | "died" | "too-long" | "closed";

  constructor(kind: JobError["kind"], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

export interface JobQueueOptions {
  readonly start: () => JobRunner;
  /** What runs, for messages: "the calculator". */
  readonly name: string;
  /** A job may take this long once its program is ready. */
  readonly limitMs: number;
  /** The program ends after this long without work. Unset: it stays. */
  readonly idleMs?: number;
}

interface Waiting<Job, Result> {
  readonly job: Job;
  readonly owner: string;
  readonly settled: PromiseWithResolvers<Result>;
}

/**
 * Work that may never end, or eat all memory, in a program of its own that is killed when a job is aborted or takes too
 * long. The program starts with the first job, is warm from then on, and is replaced when it is gone. One job runs at a
 * time, so that stopping one person's does not take another's with it; owners take turns, so that one person's many
 * jobs delay another's by one job at most.
 */
export class JobQueue<Job, Result> implements AsyncDisposable {
  readonly #options: JobQueueOptions;
  readonly #waiting: Waiting<Job, Result>[] = [];
  /** Owners served since the queue was last empty, the latest at the end. */
  #served: string[] = [];
  readonly #ends = new Set<Promise<void>>();
  #runner: JobRunner | undefined;
  #ready = false;
  #running: Waiting<Job, Result> | undefined;
  #limit: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #holds = 0;
  #closed = false;

  constructor(options: JobQueueOptions) {
    this.#options = options;
  }

  /** Of the program, while it runs. */
  get id(): number | undefined {
    return this.#runner?.id;
  }

  /** Jobs that wait for the one that runs. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Starts the program if it is not there. */
  warm(): void {
    if (!this.#closed) this.#runner ??= this.#start();
  }

  /** Until it is disposed of, the program does not end for want of work: what it keeps from job to job stays. */
  hold(): Disposable {
    this.#holds += 1;
    clearTimeout(this.#idle);
    return {
      [Symbol.dispose]: () => {
        this.#holds -= 1;
        if (this.#running === undefined) this.#rest();
      },
    };
  }

  /**
   * Runs one job. Aborting one that runs kills its program; one that takes too long is over once its program has gone,
   * as native code ends only when it likes, and holds what it holds until then.
   *
   * @param owner whose job it is
   * @throws JobError; the signal's reason on abort
   */
  async run(job: Job, signal: AbortSignal, owner = ""): Promise<Result> {
    signal.throwIfAborted();
    if (this.#closed) throw this.#error("closed", "has been stopped");
    const waiting = { job, owner, settled: Promise.withResolvers<Result>() };
    const onAbort = (): void => this.#drop(waiting, signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(waiting);
    this.#next();
    try {
      return await waiting.settled.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const closed = this.#error("closed", "has been stopped");
    for (const { settled } of this.#waiting.splice(0)) settled.reject(closed);
    this.#kill();
    this.#finish((settled) => settled.reject(closed));
    await Promise.all(this.#ends);
  }

  #start(): JobRunner {
    const runner = this.#options.start();
    this.#ready = false;
    const end = runner.ended.then((what) => {
      this.#ends.delete(end);
      if (this.#runner !== runner) return;
      this.#runner = undefined;
      this.#finish((settled) => settled.reject(this.#error("died", what)));
    });
    this.#ends.add(end);
    runner.onMessage((message) => {
      if (this.#runner === runner) this.#onMessage(message as typeof READY | JobReply<Result>);
    });
    runner.setBusy(false);
    return runner;
  }

  #onMessage(message: typeof READY | JobReply<Result>): void {
    if (message === READY) {
      this.#ready = true;
      if (this.#running !== undefined) this.#startLimit(this.#running);
      return;
    }
    this.#finish((settled) => {
      if ("result" in message) settled.resolve(message.result);
      else settled.reject(new JobError("refused", message.error));
    });
  }

  #next(): void {
    if (this.#running !== undefined || this.#closed) return;
    const next = this.#take();
    if (next === undefined) {
      this.#rest();
      return;
    }
    clearTimeout(this.#idle);
    this.#running = next;
    try {
      this.#runner ??= this.#start();
      this.#runner.setBusy(true);
      this.#runner.send(next.job);
    } catch (reason) {
      // The system gives no more threads, processes or files.
      this.#kill();
      const error = this.#error("not-started", "cannot be started", reason);
      this.#finish((settled) => settled.reject(error));
      return;
    }
    if (this.#ready) this.#startLimit(next);
  }

  /** The oldest job of the owner who has waited longest since being served. */
  #take(): Waiting<Job, Result> | undefined {
    const turnOf = ({ owner }: Waiting<Job, Result>): number => this.#served.indexOf(owner);
    const next = this.#waiting.reduce<Waiting<Job, Result> | undefined>(
      (best, one) => (best === undefined || turnOf(one) < turnOf(best) ? one : best),
      undefined,
    );
    if (next === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    const others = this.#served.filter((owner) => owner !== next.owner);
    this.#served = [...others, next.owner];
    return next;
  }

  #startLimit(job: Waiting<Job, Result>): void {
    const { limitMs } = this.#options;
    const seconds = Math.ceil(limitMs / 1000);
    this.#limit = setTimeout(() => {
      const runner = this.#kill();
      void runner?.ended.then(() => {
        if (this.#running === job) this.#drop(job, this.#error("too-long", `takes longer than ${seconds} s`));
      });
    }, limitMs);
  }

  /** Ends the running job and goes on with the next. */
  #finish(settle: (settled: PromiseWithResolvers<Result>) => void): void {
    clearTimeout(this.#limit);
    const done = this.#running;
    this.#running = undefined;
    this.#runner?.setBusy(false);
    if (done !== undefined) settle(done.settled);
    this.#next();
  }

  #drop(job: Waiting<Job, Result>, reason: unknown): void {
    if (this.#running === job) {
      this.#kill();
      this.#finish((settled) => settled.reject(reason));
      return;
    }
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    job.settled.reject(reason);
  }

  #rest(): void {
    this.#served = [];
    const { idleMs } = this.#options;
    if (idleMs === undefined || this.#runner === undefined || this.#holds > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#kill(), idleMs).unref();
  }

  #kill(): JobRunner | undefined {
    clearTimeout(this.#idle);
    const runner = this.#runner;
    this.#runner = undefined;
    // A caller may wait for its end, which must not depend on what else keeps the server alive.
    runner?.setBusy(true);
    runner?.kill();
    return runner;
  }

  #error(kind: JobError["kind"], what: string, cause?: unknown): JobError {
    return new JobError(kind, `${this.#options.name} ${what}`, cause);
  }
}
