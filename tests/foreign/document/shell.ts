import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathWithLocalTools, repositoryRoot } from "#tools/test/command.ts";

/** One shell in which commands follow each other, as a person types them: variables and the folder stay. */
export interface Shell extends AsyncDisposable {
  /** What the commands printed. Rejects when one of them fails, with what was printed until then. */
  run(script: string): Promise<string>;
}

/** @param env added to the environment of this process */
export async function openShell(env: Readonly<Record<string, string>>): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-shell-"));
  const child = spawn("bash", ["--noprofile", "--norc"], {
    cwd: repositoryRoot,
    env: { ...process.env, ...env, PATH: pathWithLocalTools() },
    stdio: "pipe",
  });
  let printed = "";
  let errors = "";
  let check = (): void => undefined;
  let ended = false;
  child.stdout.on("data", (piece: Buffer) => {
    printed += piece.toString("utf8");
    check();
  });
  child.stderr.on("data", (piece: Buffer) => (errors += piece.toString("utf8")));
  child.stdin.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => {
      ended = true;
      resolve();
      check();
    });
  });
  child.stdin.write("set -eo pipefail\n");
  let count = 0;
  return {
    async run(script) {
      const file = join(folder, `${++count}.sh`);
      await writeFile(file, `${script}\n`);
      const mark = `end-${randomUUID()}`;
      printed = "";
      errors = "";
      const done = new Promise<string>((resolve, reject) => {
        check = () => {
          const end = printed.indexOf(mark);
          if (end !== -1) resolve(printed.slice(0, end));
          else if (ended) reject(new Error(`a command failed: ${errors.trim()}\n${printed}`));
        };
      });
      // Its own input, so that no command reads the commands that follow.
      child.stdin.write(`. '${file}' </dev/null; printf '%s' '${mark}'\n`);
      check();
      return done;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
