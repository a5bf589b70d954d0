import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { delimiter, join } from "node:path";

/** The repository's root folder. */
export const repositoryRoot = join(import.meta.dirname, "..", "..");

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to the command's standard input. */
  readonly input?: string;
  /** Default: the result holds the output. "inherit" shows it as it comes; a function gets it piece by piece. */
  readonly output?: "inherit" | ((piece: Buffer) => void);
  /** Its priority and that of its children, from first to last: 0 (default) to 19, as `nice` counts. */
  readonly niceness?: number;
}

export interface CommandResult {
  /** Exit code; 127 when the program does not exist, 128 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** `PATH` with this repository's tools first, so that `node` is the provisioned one however we were started. */
export function pathWithLocalTools(): string {
  return [join(repositoryRoot, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter);
}

/**
 * Runs a program to its end. A failing program is a result, not an exception; aborting kills it and rejects with the
 * signal's reason.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
  signal: AbortSignal,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd ?? repositoryRoot,
    env: { ...process.env, PATH: pathWithLocalTools(), ...options.env },
    stdio: options.output === "inherit" ? ["ignore", "inherit", "inherit"] : "pipe",
    signal,
  });
  if (options.niceness !== undefined && child.pid !== undefined) setPriority(child.pid, options.niceness);
  const stdout = collect(child.stdout, options.output);
  const stderr = collect(child.stderr, options.output);
  child.stdin?.on("error", () => undefined); // the program may end without reading its input
  child.stdin?.end(options.input ?? "");
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve(127);
      else if (signal.aborted) reject(signal.reason);
      else reject(error);
    });
    child.once("close", (exitCode) => resolve(exitCode ?? 128));
  });
  signal.throwIfAborted();
  return { code, stdout: stdout(), stderr: stderr(), durationMs: performance.now() - startedMs };
}

function collect(stream: NodeJS.ReadableStream | null, output: CommandOptions["output"]): () => string {
  const pieces: Buffer[] = [];
  stream?.on("data", typeof output === "function" ? output : (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces).toString("utf8");
}
