import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { noKeychain, withoutKeychainNote } from "#tests/testing/keychain-note.ts";
import { runPipit } from "#tests/testing/run-pipit.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";

const cliEntry = fileURLToPath(new URL("../../cli/pipit.js", import.meta.url));

/** For a program that does not end when it is asked to. */
const POLITE_END_MS = 5_000;

/** What a `pipit` process printed and how it ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `pipit`. */
export interface CliProcess {
  readonly child: ChildProcess;
  /** Resolves to stdout so far when it matches; rejects, with all output, when the process ends before. */
  printed(pattern: RegExp): Promise<string>;
  /** The same for stderr. */
  noted(pattern: RegExp): Promise<string>;
  readonly result: Promise<CliResult>;
}

/** A PIPIT_HOME of its own and the way to run `pipit` in it. */
export interface CliHome extends AsyncDisposable {
  readonly home: string;
  /** In a process of its own, to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<CliResult>;
  /** In this process, which costs a tenth: for what does not start another program, nor ends it. */
  runHere(args: readonly string[], options?: RunOptions): Promise<CliResult>;
  start(args: readonly string[], options?: RunOptions): CliProcess;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin delivers before it ends; "open" leaves it open. */
  readonly input?: string;
}

/** Makes a home; disposing ends what still runs in it. */
export async function createCliHome(
  env: Readonly<Record<string, string>> = {},
  entry: string = cliEntry,
): Promise<CliHome> {
  const home = await mkdtemp(join(tmpdir(), "pipit-cli-"));
  const running = new Set<ChildProcess>();
  const start: CliHome["start"] = (args, options = {}) => {
    const child = spawn(process.execPath, [entry, ...args], {
      // OLLAMA_HOST: a port without a listener stands for "no Ollama".
      env: {
        ...process.env,
        PIPIT_HOME: home,
        LANG: "C",
        ...noKeychain,
        OLLAMA_HOST: "http://127.0.0.1:9",
        ...compiledCode,
        ...env,
        ...options.env,
      },
    });
    running.add(child);
    child.stdin.on("error", () => undefined);
    if (options.input !== "open") child.stdin.end(options.input ?? "");
    return observe(child, () => running.delete(child));
  };
  return {
    home,
    start,
    run: (args, options) => start(args, options).result,
    async runHere(args, options) {
      const run = { home, input: options?.input ?? "", env: { ...env, ...options?.env } };
      const { code, out, err } = await runPipit(args, run);
      return { code, stdout: out, stderr: err };
    },
    async [Symbol.asyncDispose]() {
      await endAll(running);
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

/** Politely first: `pipit serve` passes the signal on to its server, which a kill would leave behind for ever. */
async function endAll(running: ReadonlySet<ChildProcess>): Promise<void> {
  const ended = [...running].map((child) => once(child, "close"));
  for (const child of running) child.kill("SIGTERM");
  const killer = setTimeout(() => {
    for (const child of running) child.kill("SIGKILL");
  }, POLITE_END_MS);
  await Promise.all(ended);
  clearTimeout(killer);
}

function observe(child: ChildProcess, onEnd: () => void): CliProcess {
  let stdout = "";
  let stderr = "";
  const checks = new Set<() => void>();
  const collect = (chunk: Buffer, into: "out" | "err"): void => {
    if (into === "out") stdout += chunk.toString();
    else stderr += chunk.toString();
    for (const check of checks) check();
  };
  child.stdout?.on("data", (chunk: Buffer) => collect(chunk, "out"));
  child.stderr?.on("data", (chunk: Buffer) => collect(chunk, "err"));
  const result = new Promise<CliResult>((resolve) => {
    child.once("close", (code) => {
      onEnd();
      resolve({ code, stdout, stderr: withoutKeychainNote(stderr) });
    });
  });
  const until = (pattern: RegExp, soFar: () => string): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!pattern.test(soFar())) return;
        checks.delete(check);
        resolve(soFar());
      };
      checks.add(check);
      void result.then(() => reject(new Error(`ended without ${pattern}: ${stdout}\n${stderr}`)));
      check();
    });
  return {
    child,
    result,
    printed: (pattern) => until(pattern, () => stdout),
    noted: (pattern) => until(pattern, () => stderr),
  };
}

/** The JSON lines of `--json`. */
export function jsonLines(stdout: string): readonly Readonly<Record<string, unknown>>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
