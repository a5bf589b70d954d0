import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { aboutJobProcess, jobProcessNews, type JobProgram } from "#contract/processes/job-process.ts";
import { ownProgram } from "#contract/own-program.ts";
import { utilityPort, type UtilityPort } from "#contract/processes/utility-port.ts";

const ENDED = "ended in the middle of its work";

/** What runs one job at a time and can be killed in the middle of it. */
export interface JobRunner {
  /** Of the process or the thread; undefined where the desktop app has made the process. */
  readonly id?: number | undefined;
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
    id: worker.threadId,
    ended,
    send: (job) => worker.postMessage(job),
    onMessage: (listener) => void worker.on("message", listener),
    setBusy: (busy) => void (busy ? worker.ref() : worker.unref()),
    kill: () => void worker.terminate(),
  };
}

/**
 * A process of its own: nothing that happens in its native code or memory reaches the server. In the desktop app, where
 * the program that runs is no Node, main starts it.
 *
 * @param callerUrl of a file beside the program
 */
export function startJobProcess(program: JobProgram, callerUrl: string): JobRunner {
  const port = utilityPort();
  if (port !== undefined) return startUtilityJob(port, program);
  const child = fork(fileURLToPath(ownProgram(program, callerUrl)), [], {
    serialization: "advanced",
    // Nothing of the server's environment (keys, tokens) or of its debugger flags belongs there.
    env: {},
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once("exit", () => resolve(ENDED)).once("error", () => resolve(ENDED));
  return {
    id: child.pid,
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

/** Asks main for the process, and talks to it by way of main. */
function startUtilityJob(port: UtilityPort, program: JobProgram): JobRunner {
  const id = randomUUID();
  const ask = (request: object): void => port.post(aboutJobProcess(id, request));
  const listeners: ((message: unknown) => void)[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const stopListening = port.onMessage((message) => {
    const news = jobProcessNews.safeParse(message).data;
    if (news?.id !== id) return;
    if (news.kind === "message") for (const listener of listeners) listener(news.message);
    else resolve(ENDED);
  });
  void ended.then(stopListening);
  ask({ kind: "start", program });
  return {
    ended,
    send: (job) => ask({ kind: "send", message: job }),
    onMessage: (listener) => void listeners.push(listener),
    // The port keeps the server alive in any case.
    setBusy: () => undefined,
    kill: () => ask({ kind: "kill" }),
  };
}
