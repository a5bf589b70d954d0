import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildParts } from "#tools/build/build-part.ts";
import { builtServerEntry, cliPart } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "./command.ts";

/**
 * For the environment of every program that a test starts. Each has an empty home, where a program keeps its compiled
 * code otherwise; with one folder for all of them a server is ready in half the time.
 */
export const compiledCode = {
  // Tests build what they need before; a builder would take the processor from them, and outlive them.
  PIPIT_BUILD: "never",
  NODE_COMPILE_CACHE: join(repositoryRoot, "node_modules", ".cache", "compiled-for-tests"),
} as const;

/**
 * Builds the server and the terminal client, and fills that folder with the server's code: only a program that ends by
 * itself writes there, and tests kill theirs.
 */
export async function keepProgramsCompiled(signal: AbortSignal): Promise<void> {
  await buildParts([cliPart(repositoryRoot)], { root: repositoryRoot, say: () => undefined }, signal);
  const entry = await builtServerEntry(repositoryRoot, signal);
  const home = await mkdtemp(join(tmpdir(), "pipit-compile-"));
  try {
    const child = spawn(process.execPath, [entry, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], {
      cwd: repositoryRoot,
      env: { PIPIT_HOME: home, OLLAMA_HOST: "http://127.0.0.1:9", ...compiledCode },
      stdio: ["ignore", "pipe", "ignore"],
      signal,
    });
    const closed = once(child, "close");
    await Promise.race([once(createInterface(child.stdout), "line"), closed]);
    child.kill("SIGTERM");
    await closed;
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
