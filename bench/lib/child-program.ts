import { fork } from "node:child_process";
import { once } from "node:events";

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
  /** Resident memory of the process, in bytes. */
  residentBytes(): Promise<number>;
}

type FromChild = { readonly ready: ProgramReady } | { readonly residentBytes: number };

/** Forks a program that calls `serveParent`; resolves when it is ready. */
export async function startProgram(file: string, signal: AbortSignal): Promise<ChildProgram> {
  signal.throwIfAborted();
  const child = fork(file, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
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
      residentBytes: async () => {
        const answer = ask();
        child.send("memory");
        const message = await answer;
        return "residentBytes" in message ? message.residentBytes : 0;
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
  process.on("message", (message) => {
    if (message === "memory") send({ residentBytes: process.memoryUsage.rss() });
  });
  // The parent's signals are the parent's business: it disconnects, and that ends us.
  process.on("SIGINT", () => undefined);
  send({ ready });
  await once(process, "disconnect");
}
