import { Worker } from "node:worker_threads";
import { ownProgram } from "#contract/own-program.ts";
import type { CalculatorReply, CalculatorRequest } from "./calculator-worker.ts";

/** Evaluates expressions off the main thread. Make one per server and share it. */
export interface Calculator extends AsyncDisposable {
  /** The result as text. Throws Error with the reason in plain words; an abort throws the signal's reason. */
  calculate(expression: string, signal: AbortSignal): Promise<string>;
}

export interface CalculatorOptions {
  /** One calculation may take this long once the thread runs; default 2 s. */
  readonly timeoutMs?: number;
  /** The thread ends after this long without work; default 60 s. */
  readonly idleMs?: number;
}

/** Heap of the thread: mathjs takes about 30 MB. */
const HEAP_MAX_MB = 96;

interface Thread {
  readonly worker: Worker;
  /** Resolves when it can calculate. */
  readonly ready: Promise<void>;
  /** Resolves with the next reply, rejects when the thread ends. */
  next: PromiseWithResolvers<CalculatorReply>;
}

/**
 * An expression is a small program, and one that never ends must not stop the server: it runs in a thread that is stopped when
 * it takes too long. The thread starts with the first calculation (about 150 ms) and is kept for the next ones. One
 * calculation runs at a time, so that stopping one person's does not take another's with it.
 */
export function createCalculator(options: CalculatorOptions = {}): Calculator {
  const { timeoutMs = 2_000, idleMs = 60_000 } = options;
  let thread: Thread | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  let disposed = false;

  async function stop(reason: unknown): Promise<void> {
    const stopping = thread;
    thread = undefined;
    clearTimeout(idle);
    stopping?.next.reject(reason);
    await stopping?.worker.terminate();
  }

  async function runAlone(expression: string, signal: AbortSignal): Promise<string> {
    if (disposed) throw stoppedError();
    signal.throwIfAborted();
    clearTimeout(idle);
    const running = (thread ??= startThread((ended) => {
      if (thread === ended) thread = undefined;
    }));
    const onAbort = () => void stop(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    let timer: NodeJS.Timeout | undefined;
    try {
      await Promise.race([running.ready, running.next.promise]);
      const seconds = Math.ceil(timeoutMs / 1000);
      timer = setTimeout(
        () => void stop(new Error(`the calculation takes longer than ${seconds} s`)),
        timeoutMs,
      );
      running.worker.postMessage({ expression } satisfies CalculatorRequest);
      const reply = await running.next.promise;
      if ("error" in reply) throw new Error(reply.error);
      return reply.result;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      running.next = nextReply();
      if (thread === running) idle = setTimeout(() => void stop(stoppedError()), idleMs).unref();
    }
  }

  return {
    async calculate(expression, signal) {
      const before = last;
      const mine = Promise.withResolvers<void>();
      last = before.then(() => mine.promise);
      try {
        await untilAborted(before, signal);
        return await runAlone(expression, signal);
      } finally {
        mine.resolve();
      }
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      await stop(stoppedError());
    },
  };
}

function startThread(onEnd: (thread: Thread) => void): Thread {
  const ready = Promise.withResolvers<void>();
  const worker = new Worker(ownProgram("calculator-worker", import.meta.url), {
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
  });
  const thread: Thread = { worker, ready: ready.promise, next: nextReply() };
  const end = (error: Error) => {
    onEnd(thread);
    thread.next.reject(error);
  };
  // An idle thread must not keep a finished program alive.
  worker.unref();
  worker.on("message", (reply: CalculatorReply | "ready") => {
    if (reply === "ready") ready.resolve();
    else thread.next.resolve(reply);
  });
  worker.on("error", (error: Error & { code?: string }) =>
    end(
      error.code === "ERR_WORKER_OUT_OF_MEMORY" ? new Error("the calculation needs too much memory") : error,
    ),
  );
  worker.on("exit", () => end(stoppedError()));
  return thread;
}

/** A thread may end while no caller waits for its reply; that is no unhandled rejection. */
function nextReply(): PromiseWithResolvers<CalculatorReply> {
  const next = Promise.withResolvers<CalculatorReply>();
  next.promise.catch(() => {});
  return next;
}

function stoppedError(): Error {
  return new Error("the calculator has been stopped");
}

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
