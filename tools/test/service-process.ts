import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

/** How long a service gets to end by itself after it was asked to. */
const stopTimeoutMs = 3_000;

export interface ServiceOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Default: this process's own. */
  readonly cwd?: string;
  /** How it is asked to end; default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
}

/** A running service program. Disposing stops it and waits until it is gone. */
export interface ServiceProcess extends AsyncDisposable {
  readonly pid: number;
  /**
   * Resolves to the first value other than undefined that `probe` gives, asked again every 25 ms. Rejects with the
   * service's last words when it ends, or after `timeoutMs`.
   */
  until<T>(probe: () => Promise<T | undefined>, timeoutMs: number, signal: AbortSignal): Promise<T>;
  /** File descriptor 3 of the service, e.g. for Xvfb's -displayfd. */
  readonly descriptor3: Readable;
}

/** Starts a service program with its own standard streams; its output is kept for error messages only. */
export function startService(options: ServiceOptions): ServiceProcess {
  const child = spawn(options.command, options.args, {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const words: string[] = [];
  let ended = child.pid === undefined;
  const exit = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      words.push(error.message);
      ended = true;
      resolve();
    });
    child.once("exit", () => {
      ended = true;
      resolve();
    });
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece: Buffer) => words.push(piece.toString("utf8")));
  }
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const lastWords = (): string => words.join("").split("\n").slice(-6).join("\n").trim();

  return {
    pid: child.pid ?? 0,
    descriptor3: child.stdio[3] as Readable,
    until: async (probe, timeoutMs, signal) => {
      const deadlineMs = performance.now() + timeoutMs;
      for (;;) {
        signal.throwIfAborted();
        const value = await probe();
        if (value !== undefined) return value;
        if (ended) throw new Error(`${options.name} ended: ${lastWords()}`);
        if (performance.now() > deadlineMs) throw new Error(`${options.name} is not ready: ${lastWords()}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    [Symbol.asyncDispose]: () => stop(child, options.stopSignal ?? "SIGTERM", exit, () => ended),
  };
}

async function stop(
  child: ChildProcess,
  stopSignal: NodeJS.Signals,
  exit: Promise<void>,
  hasEnded: () => boolean,
): Promise<void> {
  if (hasEnded()) return;
  child.kill(stopSignal);
  const killer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await exit;
  clearTimeout(killer);
}
