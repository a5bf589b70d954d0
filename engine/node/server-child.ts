import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { RuntimeInfo } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { parseRuntimeInfo } from "./runtime-info.ts";
import type { ServerLog } from "./server-log.ts";

/** Migrations of a large database run before a server is ready. */
const READY_TIMEOUT_MS = 60_000;
/** A server lets running streams finish for 10 s; after this it is ended. */
const STOP_TIMEOUT_MS = 15_000;

export interface ServerChildOptions {
  readonly serverEntry: string;
  readonly dataDir: string;
  readonly log: ServerLog;
}

/** A server process that this program started. */
export interface ServerChild extends AsyncDisposable {
  /** Undefined when it could not even be started. */
  readonly pid: number | undefined;
  /** Resolves when it says that it is ready; undefined when it ended before that. Throws CANCELLED, DEADLINE_EXCEEDED. */
  ready(signal: AbortSignal): Promise<RuntimeInfo | undefined>;
}

type Process = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a server on free loopback ports. It ends when it is disposed of, and when this program ends, however it ends. */
export function startServerChild(options: ServerChildOptions): ServerChild {
  const args = [options.serverEntry, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
  const child = spawn(process.execPath, [...args, "--data", options.dataDir, "--embedded"], {
    // Its standard input ends with us: that is how it learns that we are gone.
    stdio: ["pipe", "pipe", options.log.fd],
    // In a process group of its own, Ctrl-C in the terminal stops an answer and not the server.
    detached: process.platform !== "win32",
    windowsHide: true,
  }) as Process;
  const firstLine = Promise.withResolvers<string | undefined>();
  const lines = createInterface({ input: child.stdout });
  lines.once("line", (line) => firstLine.resolve(line));
  // What it may print later must not fill the pipe.
  lines.on("line", () => undefined);
  child.once("exit", () => firstLine.resolve(undefined));
  child.once("error", () => firstLine.resolve(undefined));
  // The child may be gone when we say goodbye.
  child.stdin.on("error", () => undefined);
  return {
    pid: child.pid,
    async ready(signal) {
      const line = await beforeDeadline(firstLine.promise, signal);
      return line === undefined ? undefined : parseRuntimeInfo(line);
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

async function beforeDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(PipitError.from(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const onTimeout = () =>
    reject(
      new PipitError("DEADLINE_EXCEEDED", `The server was not ready within ${READY_TIMEOUT_MS / 1000} s.`),
    );
  const timer = setTimeout(onTimeout, READY_TIMEOUT_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

async function stop(child: Process): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  // Windows knows no gentle signal; the end of its input is one for our server.
  if (process.platform === "win32") child.stdin.end();
  else child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
  child.stdin.destroy();
}
