import { Worker } from "node:worker_threads";
import type { CalculatorReply, CalculatorRequest } from "./calculator-worker.ts";

/** Evaluates expressions off the main thread. Make one per server and share it. */
export interface Calculator extends AsyncDisposable {
  /** The result as text. Throws Error with the reason in plain words; an abort throws the signal's reason. */
  calculate(expression: string, signal: AbortSignal): Promise<string>;
}

export interface CalculatorOptions {
  /** One calculation may take this long, the start of the thread included; default 5 s. */
  readonly timeoutMs?: number;
  /** The thread ends after this long without work; default 60 s. */
  readonly idleMs?: number;
}

/** Heap of the thread: mathjs takes about 30 MB. */
const HEAP_MAX_MB = 96;

interface Waiting {
  readonly resolve: (result: string) => void;
  readonly reject: (error: unknown) => void;
}
interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/**
 * An expression is a small program, and one that never ends or eats all memory must not stop the server: it runs in a thread
 * that is stopped when it takes too long. The thread starts with the first calculation (about 150 ms) and is kept for the
 * next ones.
 */
export function createCalculator(options: CalculatorOptions = {}): Calculator {
  const { timeoutMs = 5_000, idleMs = 60_000 } = options;
  let thread: Thread | undefined;
  let idle: NodeJS.Timeout | undefined;
  let nextId = 0;

  async function stop(reason: Error): Promise<void> {
    const stopping = thread;
    thread = undefined;
    clearTimeout(idle);
    if (stopping === undefined) return;
    for (const { reject } of stopping.waiting.values()) reject(reason);
    stopping.waiting.clear();
    await stopping.worker.terminate();
  }

  function started(): Thread {
    thread ??= startThread((ended) => {
      if (thread === ended) thread = undefined;
    });
    return thread;
  }

  return {
    async calculate(expression, signal) {
      signal.throwIfAborted();
      clearTimeout(idle);
      const { worker, waiting } = started();
      const id = nextId++;
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      waiting.set(id, { resolve, reject });
      const tooLong = new Error(`the calculation takes longer than ${Math.ceil(timeoutMs / 1000)} s`);
      const timer = setTimeout(() => void stop(tooLong), timeoutMs);
      // Others may be waiting for the same thread, but a calculation cannot be stopped alone: they are told to retry.
      const onAbort = () => {
        reject(signal.reason);
        void stop(new Error("the calculation was interrupted"));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      worker.postMessage({ id, expression } satisfies CalculatorRequest);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        waiting.delete(id);
        if (thread?.waiting.size === 0) {
          idle = setTimeout(() => void stop(new Error("stopped")), idleMs).unref();
        }
      }
    },
    [Symbol.asyncDispose]: () => stop(new Error("the calculator has been stopped")),
  };
}

function startThread(onEnd: (thread: Thread) => void): Thread {
  const waiting = new Map<number, Waiting>();
  const worker = new Worker(new URL("./calculator-worker.ts", import.meta.url), {
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
  });
  const thread: Thread = { worker, waiting };
  const fail = (error: Error) => {
    onEnd(thread);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.unref();
  worker.on("message", (reply: CalculatorReply) => {
    const waiter = waiting.get(reply.id);
    if ("error" in reply) waiter?.reject(new Error(reply.error));
    else waiter?.resolve(reply.result);
  });
  worker.on("error", (error: Error & { code?: string }) =>
    fail(
      error.code === "ERR_WORKER_OUT_OF_MEMORY" ? new Error("the calculation needs too much memory") : error,
    ),
  );
  worker.on("exit", () => fail(new Error("the calculator stopped")));
  return thread;
}
