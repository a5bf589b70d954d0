import { fork, type ChildProcess } from "node:child_process";
import { ownProgram } from "#contract/own-program.ts";
import { SpeechError } from "./speech-error.ts";
import type { FliteJob, FliteReply } from "./flite-messages.ts";

/** The longest sentence takes well under a second; a process that needs this long has hung. */
const JOB_TIMEOUT_MS = 15_000;

interface Waiting {
  readonly job: FliteJob;
  readonly settle: (result: Uint8Array | Error) => void;
}

/**
 * The one flite process of a server: started by the first use, warm from then on, replaced when it dies. Sentences of
 * all listeners wait for each other here, which is fair enough at 20 times real time.
 */
export class FliteProcess implements AsyncDisposable {
  readonly #queue: Waiting[] = [];
  readonly #ends = new Set<Promise<void>>();
  #child: ChildProcess | undefined;
  #running: Waiting | undefined;
  #lastId = 0;
  #closed = false;

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process if there is none. */
  warm(): void {
    if (!this.#closed) this.#child ??= this.#start();
  }

  /**
   * Speaks one sentence into a WAVE file. Aborting one that runs kills the process; the next sentence starts a new one.
   * @throws SpeechError when the process died or could not speak it; the signal's reason on abort.
   */
  async speak(text: string, voice: string, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    if (this.#closed) throw closedError();
    this.#lastId += 1;
    const job = { id: this.#lastId, text, voice };
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const waiting: Waiting = {
      job,
      settle: (result) => (result instanceof Error ? reject(result) : resolve(result)),
    };
    const abort = (): void => this.#stop(waiting, asError(signal.reason));
    const hung = (): void => this.#stop(waiting, new SpeechError("stalled", "flite gave nothing in time."));
    const timer = setTimeout(hung, JOB_TIMEOUT_MS);
    signal.addEventListener("abort", abort, { once: true });
    this.#queue.push(waiting);
    this.#next();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.settle(closedError());
    this.#kill();
    this.#finish(closedError());
    await Promise.all(this.#ends);
  }

  #start(): ChildProcess {
    const child = fork(ownProgram("flite-child", import.meta.url), [], {
      serialization: "advanced",
      // Nothing of the server's environment (keys, tokens) or of its debugger flags belongs there.
      env: {},
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const end = new Promise<void>((resolve) => {
      child.once("exit", () => resolve()).once("error", () => resolve());
    });
    this.#ends.add(end);
    void end.then(() => {
      this.#ends.delete(end);
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#finish(new SpeechError("failed", "The built-in voice's process ended."));
    });
    child.on("message", (message) => {
      const reply = message as FliteReply;
      if (this.#child !== child || this.#running?.job.id !== reply.id) return;
      this.#finish("wav" in reply ? reply.wav : new SpeechError("failed", `flite: ${reply.error}`));
    });
    setBusy(child, false);
    return child;
  }

  #next(): void {
    if (this.#running !== undefined || this.#closed) return;
    this.#running = this.#queue.shift();
    if (this.#running === undefined) return;
    this.#child ??= this.#start();
    setBusy(this.#child, true);
    // A failed send means that the process is going; its exit ends the job.
    this.#child.send(this.#running.job, () => undefined);
  }

  /** Ends the running job and goes on with the next. */
  #finish(result: Uint8Array | Error): void {
    const done = this.#running;
    this.#running = undefined;
    if (this.#child !== undefined) setBusy(this.#child, false);
    done?.settle(result);
    this.#next();
  }

  #stop(waiting: Waiting, reason: Error): void {
    if (this.#running === waiting) {
      this.#kill();
      this.#finish(reason);
      return;
    }
    const at = this.#queue.indexOf(waiting);
    if (at >= 0) this.#queue.splice(at, 1);
    waiting.settle(reason);
  }

  #kill(): void {
    const child = this.#child;
    this.#child = undefined;
    // A caller may wait for its end, which must not depend on what else keeps the program alive.
    child?.ref();
    child?.kill("SIGKILL");
  }
}

/** An idle voice must not keep a program alive that is otherwise done. */
function setBusy(child: ChildProcess, busy: boolean): void {
  if (busy) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

function closedError(): SpeechError {
  return new SpeechError("failed", "The built-in voice is closed.");
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
