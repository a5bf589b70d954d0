import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

const ENDED = "ended in the middle of its work";

/** What runs one job at a time and can be killed in the middle of it. */
export interface JobRunner {
  /** Process id; absent for a thread. */
  readonly pid?: number | undefined;
  /** Resolves when it has gone, by itself or killed, to what became of it: "ended in the middle of its work". */
  readonly ended: Promise<string>;
  send(job: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Only a busy one keeps the server alive. */
  setBusy(busy: boolean): void;
  kill(): void;
}

/**
 * A thread with a heap of its own: cheap, and an endless JavaScript or WebAssembly loop in it can be stopped. Native
 * code cannot be: that needs {@link startJobProcess}.
 */
export function startJobThread(program: URL, heapMaxMb: number): JobRunner {
  const worker = new Worker(program, { env: {}, resourceLimits: { maxOldGenerationSizeMb: heapMaxMb } });
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  worker.once("exit", () => resolve(ENDED));
  worker.once("error", (error: Error & { code?: string }) =>
    resolve(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "needs too much memory" : ENDED),
  );
  return {
    ended,
    send: (job) => worker.postMessage(job),
    onMessage: (listener) => void worker.on("message", listener),
    setBusy: (busy) => void (busy ? worker.ref() : worker.unref()),
    kill: () => void worker.terminate(),
  };
}

/** A process of its own: nothing that happens in its native code or memory reaches the server. */
export function startJobProcess(program: URL): JobRunner {
  // A path, not a URL: Electron makes its own binary run as Node only for a string.
  const child = fork(fileURLToPath(program), [], {
    serialization: "advanced",
    // Nothing of the server's environment (keys, tokens) or of its debugger flags belongs there.
    env: {},
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once("exit", () => resolve(ENDED)).once("error", () => resolve(ENDED));
  return {
    pid: child.pid,
    ended,
    // A failed send means that the process is going; its end ends the job.
    send: (job) => void child.send(job as object, () => {}),
    onMessage: (listener) => void child.on("message", listener),
    setBusy(busy) {
      const holds = busy ? "ref" : "unref";
      child[holds]();
      child.channel?.[holds]();
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
