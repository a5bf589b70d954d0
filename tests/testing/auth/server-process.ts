import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { builtServerEntry } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";
import type { RuntimeInfo } from "#contract/auth-wire.ts";

/** `pipit serve` as a process of its own, with a data folder of its own. Disposing kills it and removes the folder. */
export interface ServerProcess extends AsyncDisposable {
  /** e.g. "http://127.0.0.1:41234" */
  readonly url: string;
  /** host:port */
  readonly grpcUrl: string;
  readonly home: string;
  /** Everything that it has written so far, log and all. */
  output(): string;
  /** Ends it as an operator does, and waits for that; its folder stays. */
  stop(): Promise<void>;
  /** Kills it in the middle of whatever it does; its folder stays. */
  kill(): Promise<void>;
  /** Lets it stand still as a machine that sleeps, until it is resumed. */
  pause(): void;
  resume(): void;
}

export interface ServerProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  /** The folder of a server that ran before; default: a fresh one. */
  readonly home?: string;
  /** Where it listens, so that it comes back at the same place; default: ports of the system's choice. */
  readonly ports?: { readonly http: number; readonly grpc: number };
  /** The program of another build; default: this one's, built now if that is needed. */
  readonly entry?: string;
}

/** Starts it on free ports and waits until it is ready. It ends when this process does. */
export async function startServerProcess({
  env,
  home,
  ports = { http: 0, grpc: 0 },
  entry: given,
}: ServerProcessOptions): Promise<ServerProcess> {
  const entry = given ?? (await builtServerEntry(repositoryRoot, AbortSignal.timeout(60_000)));
  const folder = home ?? (await mkdtemp(join(tmpdir(), "pipit-process-")));
  const child = spawn(
    process.execPath,
    [
      entry,
      "--http",
      `127.0.0.1:${ports.http}`,
      "--grpc",
      `127.0.0.1:${ports.grpc}`,
      "--embedded",
      "--log-level",
      "debug",
    ],
    {
      stdio: ["pipe", "pipe", "pipe"],
      env: { PIPIT_HOME: folder, OLLAMA_HOST: "127.0.0.1:9", ...compiledCode, ...env },
    },
  );
  const words: string[] = [];
  child.stderr.on("data", (piece: Buffer) => words.push(piece.toString("utf8")));
  const exit = once(child, "close");
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exit;
  };
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    exit.then(() => {
      throw new Error(`the server ended: ${words.join("")}`);
    }),
  ]);
  const { httpUrl, grpcUrl } = JSON.parse(line) as RuntimeInfo;
  return {
    url: httpUrl,
    grpcUrl,
    home: folder,
    output: () => words.join(""),
    stop: () => stop("SIGTERM"),
    kill: () => stop("SIGKILL"),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
