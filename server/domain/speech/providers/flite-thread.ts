import { ownProgram } from "#contract/own-program.ts";
import { JobError, JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobThread, type JobRunner } from "#server/domain/jobs/job-runner.ts";
import type { FliteJob } from "./flite-messages.ts";
import { SpeechError } from "./speech-error.ts";

/** The longest sentence takes well under a second; a thread that needs this long has hung. */
const LIMIT_MS = 15_000;
/** Of its JavaScript; the voice is WebAssembly, whose memory is the size of what it speaks. */
const HEAP_MAX_MB = 128;

/**
 * The one flite thread of a server: started by the first use, warm from then on, replaced when it dies. Sentences of
 * all listeners wait for each other here, which is fair enough at 20 times real time. A thread and not a process, because
 * a packaged desktop's program is no Node that could be started, and WebAssembly can be stopped in a thread as well.
 */
export class FliteThread implements AsyncDisposable {
  readonly #jobs: JobQueue<FliteJob, Uint8Array>;

  constructor(start: () => JobRunner = startFlite) {
    this.#jobs = new JobQueue({ name: "the built-in voice", start, limitMs: LIMIT_MS });
  }

  /** Of the thread, while it runs. */
  get id(): number | undefined {
    return this.#jobs.id;
  }

  /** Starts the thread if there is none. */
  warm(): void {
    this.#jobs.warm();
  }

  /**
   * Speaks one sentence into a WAVE file. Aborting one that runs ends the thread; the next sentence starts a new one.
   *
   * @throws SpeechError when the thread died or could not speak it; the signal's reason on abort
   */
  async speak(text: string, voice: string, signal: AbortSignal): Promise<Uint8Array> {
    try {
      return await this.#jobs.run({ text, voice }, signal);
    } catch (reason) {
      if (!(reason instanceof JobError)) throw reason;
      const failure = reason.kind === "too-long" ? "stalled" : "failed";
      throw new SpeechError(failure, reason.message, { cause: reason });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs[Symbol.asyncDispose]();
  }
}

export function startFlite(): JobRunner {
  return startJobThread(ownProgram("flite-worker", import.meta.url), HEAP_MAX_MB);
}
