import { fork, type ChildProcess } from "node:child_process";
import { SpeechError } from "../speech-error.ts";
import type { FliteJob, FliteReply } from "./flite-messages.ts";

/** The longest sentence takes well under a second; a process that needs this long has hung. */
const JOB_TIMEOUT_MS = 15_000;

/** The one flite process of a server: started by the first use, warm from then on, replaced when it dies. */
export interface FliteProcess extends AsyncDisposable {
  /** Starts the process if there is none. */
  warm(): void;
  /**
   * Speaks one sentence into a WAVE file. Sentences wait for each other. Aborting one that runs kills the process;
   * the next sentence starts a new one.
   * @throws SpeechError when the process died or could not speak it; the signal's reason on abort.
   */
  speak(text: string, voice: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Process id while it runs, for `doctor` and tests. */
  pid(): number | undefined;
}

interface Waiting {
  readonly job: FliteJob;
  readonly settle: (result: Uint8Array | Error) => void;
}

/** Costs nothing until {@link FliteProcess.warm} or {@link FliteProcess.speak}. */
export function createFliteProcess(): FliteProcess {
  const queue: Waiting[] = [];
  const ended = new Set<Promise<unknown>>();
  let child: ChildProcess | undefined;
  let running: Waiting | undefined;
  let lastId = 0;
  let closed = false;

  function start(): ChildProcess {
    const started = fork(new URL("flite-child.ts", import.meta.url), [], {
      serialization: "advanced",
      // Nothing of the server's environment (keys, tokens) or of its debugger flags belongs there.
      env: {},
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const end = new Promise<void>((resolve) =>
      started.once("exit", () => resolve()).once("error", () => resolve()),
    );
    ended.add(end);
    void end.then(() => {
      ended.delete(end);
      if (child !== started) return;
      child = undefined;
      finish(new SpeechError("failed", "The built-in voice's process ended."));
    });
    started.on("message", (message) => {
      const reply = message as FliteReply;
      if (child !== started || running?.job.id !== reply.id) return;
      finish("wav" in reply ? reply.wav : new SpeechError("failed", `flite: ${reply.error}`));
    });
    setBusy(started, false);
    return started;
  }

  /** Ends the running job and goes on with the next. */
  function finish(result: Uint8Array | Error): void {
    const done = running;
    running = undefined;
    if (child !== undefined) setBusy(child, false);
    done?.settle(result);
    next();
  }

  function next(): void {
    if (running !== undefined || closed) return;
    running = queue.shift();
    if (running === undefined) return;
    child ??= start();
    setBusy(child, true);
    // A failed send means that the process is going; its exit ends the job.
    child.send(running.job, () => undefined);
  }

  function kill(): void {
    const killed = child;
    child = undefined;
    // Somebody may wait for its end, which must not depend on what else keeps the program alive.
    killed?.ref();
    killed?.kill("SIGKILL");
  }

  function stop(waiting: Waiting, reason: Error): void {
    if (running === waiting) {
      kill();
      finish(reason);
      return;
    }
    const at = queue.indexOf(waiting);
    if (at >= 0) queue.splice(at, 1);
    waiting.settle(reason);
  }

  return {
    warm() {
      if (!closed) child ??= start();
    },
    async speak(text, voice, signal) {
      signal.throwIfAborted();
      if (closed) throw new SpeechError("failed", "The built-in voice is closed.");
      lastId += 1;
      const job = { id: lastId, text, voice };
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      const settle = (result: Uint8Array | Error): void =>
        result instanceof Error ? reject(result) : resolve(result);
      const waiting: Waiting = { job, settle };
      const abort = (): void => stop(waiting, asError(signal.reason));
      const timer = setTimeout(
        () => stop(waiting, new SpeechError("stalled", "flite hung.")),
        JOB_TIMEOUT_MS,
      );
      signal.addEventListener("abort", abort, { once: true });
      queue.push(waiting);
      next();
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
      }
    },
    pid: () => child?.pid,
    async [Symbol.asyncDispose]() {
      closed = true;
      const reason = new SpeechError("failed", "The built-in voice is closed.");
      for (const waiting of queue.splice(0)) waiting.settle(reason);
      kill();
      finish(reason);
      await Promise.all(ended);
    },
  };
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

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
