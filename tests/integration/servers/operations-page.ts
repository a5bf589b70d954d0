import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../../..");

/** The commands of a page in docs/operations, block by block, as they stand there. */
export async function commandsOf(page: string): Promise<readonly string[]> {
  const text = await readFile(join(root, "docs/operations", page), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = ""]) => commands);
}

/**
 * Runs a block of commands and resolves to what they print; rejects when one fails.
 *
 * @param env what the page says that is set, PIPIT_HOME first of all
 * @param programs functions of the shell that stand for programs in another place
 */
export async function runCommands(
  commands = "exit 9",
  env: Readonly<Record<string, string>> = {},
  programs = "",
): Promise<string> {
  const pipit = `pipit() { "${process.execPath}" "${join(root, "cli/pipit.js")}" "$@"; }`;
  const { stdout } = await promisify(execFile)(
    "bash",
    ["-euo", "pipefail", "-c", `${pipit}\n${programs}\n${commands}`],
    {
      env: { ...process.env, OLLAMA_HOST: "127.0.0.1:9", ...env },
    },
  );
  return stdout;
}
