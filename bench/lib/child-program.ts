import { fork } from "node:child_process";
import { once } from "node:events";
import { getHeapSpaceStatistics } from "node:v8";

/** What a benchmark's program says first: where it listens. */
export interface ProgramReady {
  /** host:port of its gRPC port. */
  readonly grpcUrl: string;
  /** For calls to it; absent when it wants none. */
  readonly accessToken?: string;
}

/** A program of bench/lib in its own process, so that it has its own event loop, as in real life. */
export interface ChildProgram extends ProgramReady, AsyncDisposable {
  readonly pid: number;
  /** Memory of the process, measured after a full garbage collection. */
  memory(): Promise<ProgramMemory>;
}

export interface ProgramMemory {
  /** What the system has given to the process. */
  readonly residentBytes: number;
  /** What is reachable: objects, and buffers outside V8's heap. */
  readonly liveBytes: number;
  /** What V8 has reserved for new objects, most of it empty: up to 128 MiB however many streams there are. */
  readonly youngBytes: number;
}

type FromChild = { readonly ready: ProgramReady } | { readonly memory: ProgramMemory };

/** Forks a program that calls `serveParent`; resolves when it is ready. */
export async function startProgram(file: string, signal: AbortSignal): Promise<ChildProgram> {
  signal.throwIfAborted();

  const child = fork(file, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: ["--expose-gc"] });
  const ask = async (): Promise<FromChild> => {
    const ended = once(child, "exit").then(() => {
      throw new Error(`${file} ended early.`);
    });
    return Promise.race([
      once(child, "message", { signal }).then(([message]) => message as FromChild),
      ended,
    ]);
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.disconnect();
    const killer = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(killer);
  };
  try {
    const first = await ask();
    if (!("ready" in first)) throw new Error(`${file} did not say where it listens.`);
    return {
      ...first.ready,
      pid: child.pid ?? 0,
      memory: async () => {
        const answer = ask();
        child.send("memory");
        const message = await answer;
        if (!("memory" in message)) throw new Error(`${file} did not say how much memory it has.`);
        return message.memory;
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The other side: says where it listens, answers questions about memory, and resolves when the parent has gone. */
export async function serveParent(ready: ProgramReady): Promise<void> {
  const send = (message: FromChild): void => void process.send?.(message);
  process.on("message", () => send({ memory: measureMemory() }));
  // The parent's signals are the parent's business: it disconnects, and that ends us.
  process.on("SIGINT", () => undefined);
  send({ ready });
  await once(process, "disconnect");
}

function measureMemory(): ProgramMemory {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
  return { residentBytes: rss, liveBytes: heapUsed + external, youngBytes: young?.space_size ?? 0 };
}
