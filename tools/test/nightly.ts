import { glob, readFile } from "node:fs/promises";
import { join, matchesGlob } from "node:path";
import { repositoryRoot, runCommand } from "./command.ts";
import { prepareMachine, say, type Machine } from "./machine.ts";
import { operationsChecks } from "./operations-check.ts";
import { runPlaywright } from "./playwright-run.ts";
import { integrationTests, nightlyTests } from "./test-files.ts";
import { figureText, isGood, lineCoverage, noTests, runVitest, type TestCounts } from "./vitest-run.ts";

/** A piece of the night's work. */
interface Task {
  readonly name: string;
  /** It has failed when it takes longer. */
  readonly limitMinutes: number;
  /** Resolves to its figure; rejects with what went wrong. */
  run(machine: Machine, signal: AbortSignal): Promise<string>;
}

const systemRuns = 5;
const killFolder = "tests/chaos/";
const coveredFolders = ["engine", "server/domain"];
/** For tests/testing/test-size.ts. */
const fullSize = { PIPIT_TEST_SIZE: "full" } as const;

/** Throws unless all is well. */
function figureOf(counts: TestCounts): string {
  const figure = figureText(counts);
  if (!isGood(counts)) throw new Error(figure);
  return figure;
}

/**
 * Unit and integration tests in their short sizes; the gate is in vitest.config.ts. As in `npm test`, the system tests
 * that run beside them go first.
 */
const coverage: Task = {
  name: "coverage",
  limitMinutes: 30,
  async run({ env }, signal) {
    const args = ["--coverage", "--project", "unit", "--project", "integration"];
    const counts = await runVitest(args, { env, output: "inherit", niceness: 10 }, signal);
    const shares = await Promise.all(
      coveredFolders.map(
        async (folder) => `${folder} ${(await lineCoverage(folder))?.toFixed(1)} % of lines`,
      ),
    );
    return `${shares.join(", ")}; ${figureOf(counts)}`;
  },
};

/** What is run at its full size: files that have the machine to themselves, and what one run of all leaves out. */
async function sizedTasks(): Promise<readonly Task[]> {
  const inOneRun = new Set(await Array.fromAsync(glob(integrationTests, { cwd: repositoryRoot })));
  const alone: string[] = [];
  for await (const path of glob("{engine,renderer,server,tests}/**/*.test.ts", { cwd: repositoryRoot })) {
    const text = await readFile(join(repositoryRoot, path), "utf8");
    const measures = text.includes("limitMs(") || path.startsWith(killFolder);
    const isSized = text.includes('/test-size.ts"') && (measures || !inOneRun.has(path));
    if (isSized || matchesGlob(path, nightlyTests)) alone.push(path);
  }
  const tasks = alone.toSorted().map((path): Task => ({
    name: `${path} at full size`,
    limitMinutes: path.startsWith(killFolder) ? 60 : 20,
    run: async ({ env }, signal) =>
      figureOf(await runVitest([path], { env: { ...env, ...fullSize }, output: "inherit" }, signal)),
  }));
  return [...tasks, bothDatabases(alone.filter((path) => inOneRun.has(path)))];
}

/** The integration tests at full size, with the statements over HTTP that are said of SQLite otherwise. */
function bothDatabases(left: readonly string[]): Task {
  return {
    name: "integration tests on both databases",
    limitMinutes: 45,
    async run({ env }, signal) {
      // Not --exclude, which the project's own list replaces.
      const lacking = { PIPIT_TEST_LACKING: [env["PIPIT_TEST_LACKING"] ?? "", ...left].join(",") };
      const options = { env: { ...env, ...fullSize, ...lacking }, output: "inherit" } as const;
      return figureOf(await runVitest(["--project", "integration"], options, signal));
    },
  };
}

/** Files that lack something on this machine, which no run counts. */
const leftOut: Task = {
  name: "files that cannot run here",
  limitMinutes: 1,
  run: ({ skipped }) => Promise.resolve().then(() => figureOf({ ...noTests, skipped: skipped.length })),
};

/** Mostly they wait for sound and for terminals, so they run beside another task. */
const systemRepeated: Task = {
  name: `system tests ${systemRuns} times`,
  limitMinutes: 20,
  async run({ env }, signal) {
    let passed = 0;
    for (let count = 0; count < systemRuns; count++) {
      const pieces: Buffer[] = [];
      const output = (piece: Buffer): void => void pieces.push(piece);
      const counts = await runVitest(["--project", "system"], { env, output }, signal);
      process.stdout.write(Buffer.concat(pieces));
      if (isGood(counts)) passed += 1;
    }
    const figure = `${passed} of ${systemRuns} runs passed`;
    if (passed < systemRuns) throw new Error(figure);
    return figure;
  },
};

const windows: Task = {
  name: "windows at full size",
  limitMinutes: 30,
  run: async ({ env }, signal) =>
    figureOf(await runPlaywright(["tests/e2e"], { env: { ...env, ...fullSize }, output: "inherit" }, signal)),
};

/** What an operator's own programs say of our samples for them. */
const operations: readonly Task[] = [
  ...Object.entries(operationsChecks).map(([name, check]): Task => ({
    name: `operations: ${name}`,
    limitMinutes: 2,
    run: (_machine, signal) => check(signal),
  })),
  {
    name: "operations: systemd-analyze verify and security, Kubernetes' types",
    limitMinutes: 5,
    run: async ({ env }, signal) =>
      figureOf(
        await runVitest(["tests/integration/deployment-files.test.ts"], { env, output: "inherit" }, signal),
      ),
  },
];

/** A program of the repository; the last line that it prints is its figure. */
function program(name: string, limitMinutes: number, ...args: readonly string[]): Task {
  return {
    name,
    limitMinutes,
    async run({ env }, signal) {
      const pieces: Buffer[] = [];
      const output = (piece: Buffer): void => {
        pieces.push(piece);
        process.stdout.write(piece);
      };
      const { code } = await runCommand("node", args, { env, output }, signal);
      const last = Buffer.concat(pieces).toString("utf8").trimEnd().split("\n").at(-1) ?? "";
      if (code !== 0) throw new Error(`ended with ${code}: ${last}`);
      return last;
    },
  };
}

/** Runs a task to its end or its limit; resolves to its line, and whether it holds. */
async function runTask(
  { name, limitMinutes, run }: Task,
  machine: Machine,
  signal: AbortSignal,
): Promise<{ readonly line: string; readonly ok: boolean }> {
  say(`${name}, ${limitMinutes} minutes at most`);
  const startedMs = performance.now();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMinutes * 60_000)]);
  const [verdict, figure] = await run(machine, limit).then(
    (text) => ["ok  ", text] as const,
    (error: unknown) => ["FAIL", error instanceof Error ? error.message : String(error)] as const,
  );
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  return { line: `${verdict}  ${name}: ${figure} (${seconds} s)`, ok: verdict === "ok  " };
}

/** `npm run nightly [-- WORD ...]`: what takes too long for `npm test`. All of it runs even when one task fails. */
async function runNightly(words: readonly string[], signal: AbortSignal): Promise<boolean> {
  await using machine = await prepareMachine(signal);
  const wanted = ({ name }: Task): boolean => words.length === 0 || words.some((word) => name.includes(word));
  const sideBySide = [coverage, systemRepeated].filter(wanted);
  const oneByOne = [
    leftOut,
    ...operations,
    ...(await sizedTasks()),
    windows,
    program("growth of the tables", 10, "bench/run.ts", "auth-growth"),
    program("growth of a long chat", 10, "bench/run.ts", "long-chat"),
    program("a company's year", 120, "bench/run.ts", "company-year"),
    program("screenshots", 10, "tools/screenshots.ts"),
    program("packages of all systems", 20, "tools/package-check.ts"),
  ].filter(wanted);
  const results = await Promise.all(sideBySide.map((task) => runTask(task, machine, signal)));
  for (const task of oneByOne) {
    if (!signal.aborted) results.push(await runTask(task, machine, signal));
  }
  console.log("");
  for (const { line } of results) console.log(line);
  const tasks = sideBySide.length + oneByOne.length;
  return tasks > 0 && results.length === tasks && results.every(({ ok }) => ok);
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
}
const ok = await runNightly(process.argv.slice(2), stop.signal).catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  return false;
});
process.exitCode = ok ? 0 : 1;
