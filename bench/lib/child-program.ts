import { fork } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { getHeapSpaceStatistics } from "node:v8";

/** What a benchmark's program says first: where it listens. */
export interface ProgramReady {
  /** host:port of its gRPC port. */
  readonly grpcUrl: string;
  /** For calls to it; absent when it wants none. */
  readonly accessToken?: string;
}

/** A program of bench/lib in its own process, so that it has its own event loop, as in real life. */
export type ChildProgram<Ready = ProgramReady> = Ready & Program;

interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Memory of the process, measured after a full garbage collection. */
  memory(): Promise<ProgramMemory>;
  /** What the process has used so far; nothing is collected for it. */
  usage(): Promise<ProgramUsage>;
}

export interface ProgramOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes the program's standard error; default: this process's. */
  readonly logFile?: string;
}

export interface ProgramUsage {
  /** User and system time of all its threads since its start. */
  readonly cpuMs: number;
  readonly residentBytes: number;
}

export interface ProgramMemory {
  /** What the system has given to the process. */
  readonly residentBytes: number;
  /** What is reachable: objects, and buffers outside V8's heap. */
  readonly liveBytes: number;
  /** What V8 has reserved for new objects, most of it empty: up to 128 MiB however many streams there are. */
  readonly youngBytes: number;
}

interface Answers {
  readonly memory: ProgramMemory;
  readonly usage: ProgramUsage;
}
type Question = keyof Answers;

/** Forks a program that calls `serveParent`; resolves when it is ready. */
export async function startProgram<Ready extends object = ProgramReady>(
  file: string,
  signal: AbortSignal,
  options: ProgramOptions = {},
): Promise<ChildProgram<Ready>> {
  signal.throwIfAborted();
  const log = options.logFile === undefined ? undefined : await open(options.logFile, "a", 0o600);
  const child = fork(file, {
    stdio: ["ignore", "ignore", log?.fd ?? "inherit", "ipc"],
    execArgv: ["--expose-gc"],
    env: { ...process.env, ...options.env },
  });
  await log?.close();
  const exited = once(child, "exit").then(() => {
    throw new Error(`${file} ended early.`);
  });
  // Its end is a failure only while it is asked something.
  exited.catch(() => undefined);
  const next = async (): Promise<object> => {
    const asking = new AbortController();
    try {
      const message = once(child, "message", { signal: AbortSignal.any([signal, asking.signal]) });
      return await Promise.race([message.then(([first]) => first as object), exited]);
    } finally {
      asking.abort();
    }
  };
  const ask = async <Asked extends Question>(question: Asked): Promise<Answers[Asked]> => {
    const answer = next();
    child.send(question);
    const message = await answer;
    if (!(question in message)) throw new Error(`${file} did not answer the question for its ${question}.`);
    return (message as Answers)[question];
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
    const first = await next();
    if (!("ready" in first)) throw new Error(`${file} did not say where it listens.`);
    return {
      ...(first.ready as Ready),
      pid: child.pid ?? 0,
      memory: () => ask("memory"),
      usage: () => ask("usage"),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The other side: says where it listens, answers what it is asked about itself, and resolves when the parent has gone. */
export async function serveParent<Ready extends object = ProgramReady>(ready: Ready): Promise<void> {
  const send = (message: object): void => void process.send?.(message);
  process.on("message", (question: Question) =>
    send(question === "usage" ? { usage: measureUsage() } : { memory: measureMemory() }),
  );
  // The parent's signals are the parent's business: it disconnects, and that ends us.
  process.on("SIGINT", () => undefined);
  send({ ready });
  await once(process, "disconnect");
}

function measureUsage(): ProgramUsage {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, residentBytes: process.memoryUsage.rss() };
}

function measureMemory(): ProgramMemory {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
  return { residentBytes: rss, liveBytes: heapUsed + external, youngBytes: young?.space_size ?? 0 };
}
