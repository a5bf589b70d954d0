import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot, runCommand, type CommandOptions } from "./command.ts";
import { say } from "./machine.ts";

/** Numbers of one vitest run. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** False when vitest itself says no: a failed test, a file that does not load, coverage below its threshold. */
  readonly ok: boolean;
}

interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** What vitest says of a test that it did not run. */
const notRun: ReadonlySet<string> = new Set(["pending", "skipped", "todo"]);

/** What was not run. */
export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0, ok: true };

/** Where the output of a run goes, what is in its environment, and whether others go first. */
export type RunOptions = Required<Pick<CommandOptions, "env" | "output">> & Pick<CommandOptions, "niceness">;

/** Runs vitest, and reads the numbers from its own JSON report. */
export async function runVitest(
  args: readonly string[],
  options: RunOptions,
  signal: AbortSignal,
): Promise<TestCounts> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-report-"));
  try {
    const file = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const result = await runCommand("vitest", ["run", ...reporters, ...args], options, signal);
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) return { passed: 0, failed: 1, skipped: 0, ok: false };
    const report = JSON.parse(text) as JsonReport;
    for (const { status, fullName } of report.testResults.flatMap((tests) => tests.assertionResults)) {
      if (notRun.has(status)) say(`SKIPPED ${fullName}`);
    }
    return { ...count(report), ok: result.code === 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function count(report: JsonReport): Omit<TestCounts, "ok"> {
  const unloadable = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Covered share of lines under a folder, in percent; undefined when no file of it was seen. */
export async function lineCoverage(folder: string): Promise<number | undefined> {
  const text = await readFile(join(repositoryRoot, "coverage", "coverage-summary.json"), "utf8").catch(
    () => "{}",
  );
  const files = JSON.parse(text) as Record<string, { readonly lines: { total: number; covered: number } }>;
  const prefix = join(repositoryRoot, folder) + "/";
  const inside = Object.entries(files).filter(([path]) => path.startsWith(prefix));
  const total = inside.reduce((sum, [, file]) => sum + file.lines.total, 0);
  const covered = inside.reduce((sum, [, file]) => sum + file.lines.covered, 0);
  return total === 0 ? undefined : (100 * covered) / total;
}
