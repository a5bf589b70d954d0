import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RuntimeInfo } from "#contract/auth-wire.ts";
import { buildParts } from "#tools/build/build-part.ts";
import { cliPart, serverPart } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";

/** `pipit serve` as a program of its own, with its own PIPIT_HOME. */
export interface PipitMain extends AsyncDisposable, RuntimeInfo {
  readonly home: string;
  readonly dataDir: string;
}

export const cliEntry = join(repositoryRoot, "cli", "pipit.js");

/** A folder for PIPIT_HOME; disposing removes it. */
export async function makeHome(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "pipit-bench-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Starts the real, built server on free ports as a person does, by `pipit serve`; resolves when it says that it is ready. Disposing ends it.
 *
 * @param home PIPIT_HOME of earlier starts, which stays; by default a new one, for this start only
 */
export async function startPipitMain(
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  home?: string,
): Promise<PipitMain> {
  if (home !== undefined) return startIn(home, env, signal);
  await using own = new AsyncDisposableStack();
  const { path } = own.use(await makeHome());
  const server = await startIn(path, env, signal);
  const cleanup = own.move();
  cleanup.use(server);
  return { ...server, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

async function startIn(
  home: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PipitMain> {
  const parts = [serverPart(repositoryRoot), cliPart(repositoryRoot)];
  await buildParts(parts, { root: repositoryRoot, say: () => undefined }, signal);
  const args = [cliEntry, "serve", "--embedded", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
  const child = spawn(process.execPath, args, {
    // A checkout builds what is stale beside what is measured, if it may.
    env: { ...process.env, PIPIT_BUILD: "never", PIPIT_HOME: home, ...env },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const exit = once(child, "exit");
  const stop = async (): Promise<void> => {
    // The embedded server lives as long as its standard input.
    child.stdin.destroy();
    await exit;
  };
  try {
    const line = once(createInterface({ input: child.stdout }), "line", { signal });
    const early = exit.then(() => {
      throw new Error("The server ended before it was ready.");
    });
    const [text] = (await Promise.race([line, early])) as [string];
    const runtime = JSON.parse(text) as RuntimeInfo;
    return { ...runtime, home, dataDir: join(home, "server"), [Symbol.asyncDispose]: stop };
  } catch (error) {
    child.kill("SIGKILL");
    await stop();
    throw error;
  }
}

/** An OpenAI-compatible endpoint in its own process. */
export interface ModelProgram extends AsyncDisposable {
  /** For PIPIT_MODEL_URL. */
  readonly url: string;
  /** How long the model itself took from the request to its first token, in ms, by the request's prompt. */
  firstTokenMs(): Promise<ReadonlyMap<string, number>>;
}

interface Timing {
  readonly prompt: string;
  readonly arrivedAtMs: number;
  readonly firstTextAtMs?: number;
}

/** Starts the double of an OpenAI-compatible server as a program; flags as in tests/doubles/openai-program.ts. */
export async function startModelProgram(
  flags: readonly string[],
  signal: AbortSignal,
): Promise<ModelProgram> {
  const entry = join(repositoryRoot, "tests", "doubles", "openai-server.ts");
  const child = spawn(process.execPath, [entry, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = (await once(createInterface({ input: child.stdout }), "line", { signal })) as [string];
  return {
    url,
    firstTokenMs: async () => {
      const response = await fetch(new URL("/__requests", url), { signal });
      const timings = (await response.json()) as readonly Timing[];
      return new Map(
        timings.map((timing) => [timing.prompt, (timing.firstTextAtMs ?? Number.NaN) - timing.arrivedAtMs]),
      );
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
