import { ownProgram } from "#contract/own-program.ts";
import { JobError, JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobProcess, type JobRunner } from "#server/domain/jobs/job-runner.ts";
import type { FliteJob } from "./flite-messages.ts";
import { SpeechError } from "./speech-error.ts";

/** The longest sentence takes well under a second; a process that needs this long has hung. */
const LIMIT_MS = 15_000;

/**
 * The one flite process of a server: started by the first use, warm from then on, replaced when it dies. Sentences of
 * all listeners wait for each other here, which is fair enough at 20 times real time.
 */
export class FliteProcess implements AsyncDisposable {
  readonly #jobs = new JobQueue<FliteJob, Uint8Array>({
    name: "the built-in voice",
    start: startFlite,
    limitMs: LIMIT_MS,
  });

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#jobs.pid;
  }

  /** Starts the process if there is none. */
  warm(): void {
    this.#jobs.warm();
  }

  /**
   * Speaks one sentence into a WAVE file. Aborting one that runs kills the process; the next sentence starts a new one.
   *
   * @throws SpeechError when the process died or could not speak it; the signal's reason on abort
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

function startFlite(): JobRunner {
  return startJobProcess(ownProgram("flite-child", import.meta.url));
}
