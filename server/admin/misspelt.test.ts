import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { hasGuess, misspellings } from "#tests/testing/misspellings.ts";
import { readServerConfig } from "../config/config.ts";
import { runAdmin } from "../testing/admin-kit.ts";
import { groups, runAdminProgram } from "./run.ts";

type Run = (argv: readonly string[]) => Promise<{ code: number; stdout: string; stderr: string }>;

async function runProgram(argv: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const env = { PIPIT_HOME: "/nonexistent" };
  const code = await runAdminProgram({ argv, env }, { stdin: Readable.from([]), stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

/** Commands and flags as the help of this command line lists them. */
async function namesOf(run: Run, at: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run([...at, "--help"]);
  const listed = /^(?:Options|Commands):\n(?: .*\n|\n(?= ))*/gm;
  return [...stdout.matchAll(listed)]
    .flatMap(([lines]) => [...lines.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+|[a-z][a-z-]*)/gm)])
    .map(([, name = ""]) => name)
    .filter((name) => name !== "help" && name !== "--help");
}

/** The parser asks for what must be there before it looks at what it does not know. */
async function runWithRequired(run: Run, argv: readonly string[]): ReturnType<Run> {
  const told = await run(argv);
  const [, flag] = /^error: required option '(--[a-z-]+)/.exec(told.stderr) ?? [];
  return flag === undefined ? told : await runWithRequired(run, [...argv, flag, "x"]);
}

/** Resolves to how many names it tried. */
async function tryMisspellings(run: Run, at: readonly string[]): Promise<number> {
  const names = await namesOf(run, at);
  for (const name of names) {
    for (const misspelt of misspellings(name)) {
      const { code, stdout, stderr } = await runWithRequired(run, [...at, misspelt]);
      expect({ at, misspelt, code, stdout }).toMatchObject({ code: 2, stdout: "" });
      expect(stderr).toContain(`'${misspelt}'`);
      expect(hasGuess(stderr, misspelt, name), stderr).toBe(true);
    }
  }
  return names.length;
}

test("[O8] one wrong letter in a flag or command of pipit admin is refused with what was meant", async () => {
  expect(await tryMisspellings(runProgram, [])).toBe(Object.keys(groups).length + 2);
  const config = readServerConfig({ argv: [], env: { PIPIT_HOME: "/nonexistent" } });
  for (const { load } of Object.values(groups)) {
    const group = await load();
    const run: Run = (argv) => runAdmin(config, group, argv);
    expect(await tryMisspellings(run, [])).toBeGreaterThan(0);
    for (const name of await namesOf(run, [])) {
      if (!name.startsWith("-")) await tryMisspellings(run, [name]);
    }
  }
});

test("[O8] a misspelt variable of a file of variables is refused with its line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipit-admin-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "pipit.env");
  await writeFile(
    file,
    "# Of the server.\nPIPIT_REGISTRATION=closed\nPIPIT_REDIS_UR='redis://:hunter2@cache'\n",
  );
  await expect(runProgram(["--env-file", file, "db", "check"])).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: `PIPIT_REDIS_UR in ${file} (line 3) is not a setting: did you mean PIPIT_REDIS_URL? Correct or remove it; docs/operations.md lists all.`,
  });
});
