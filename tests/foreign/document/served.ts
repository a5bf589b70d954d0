import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "#tests/integration/free-ports.ts";
import { pathWithLocalTools, repositoryRoot } from "#tools/test/command.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";

/** A machine of its own for a document: where its server keeps things and listens. */
export interface ServedHome extends AsyncDisposable {
  /** In place of the usual one, e.g. "http://127.0.0.1:41234". */
  readonly origin: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the document's command that starts the server; resolves when it says that it is ready. */
  start(script: string): Promise<void>;
}

export async function openServedHome(): Promise<ServedHome> {
  const home = await mkdtemp(join(tmpdir(), "pipit-document-"));
  const [port = 0] = await freePorts(1);
  const settings = [`http = "127.0.0.1:${port}"`, 'grpc = "127.0.0.1:0"', 'log_level = "warn"'];
  await writeFile(join(home, "config.toml"), `[serve]\n${settings.join("\n")}\n`, { mode: 0o600 });
  // A port without a listener stands for "no Ollama".
  const env = { PIPIT_HOME: home, OLLAMA_HOST: "http://127.0.0.1:9", ...compiledCode };
  const stops: (() => Promise<void>)[] = [];
  return {
    origin: `http://127.0.0.1:${port}`,
    env,
    async start(script) {
      const child = spawn("bash", ["--noprofile", "--norc", "-ec", script], {
        cwd: repositoryRoot,
        env: { ...process.env, ...env, PATH: pathWithLocalTools() },
        stdio: ["ignore", "pipe", "pipe"],
        // npx starts others; they end together.
        detached: true,
      });
      const closed = once(child, "close");
      stops.push(async () => {
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
        await closed;
      });
      let words = "";
      await new Promise<void>((resolve, reject) => {
        const hear = (piece: Buffer): void => {
          words += piece.toString("utf8");
          if (words.includes("Pipit is ready")) resolve();
        };
        child.stdout.on("data", hear);
        child.stderr.on("data", hear);
        void closed.then(() => reject(new Error(`the server ended: ${words}`)));
      });
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops) await stop();
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
