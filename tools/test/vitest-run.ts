import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { repositoryRoot, runCommand, type CommandOptions } from "./command.ts";
import { say } from "./machine.ts";

/** Numbers of one vitest run. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, shown again at the very end of a long output. */
  readonly failures: readonly TestFailure[];
  /** What failed in the run of everything and passed when it was tried again alone (second-try.ts). */
  readonly flaky: readonly TestFailure[];
  /** False when vitest itself says no: a failed test, a file that does not load, coverage below its threshold. */
  readonly ok: boolean;
}

/** A test that failed, or a file that did not load. */
export interface TestFailure {
  /** Path of the file from the root; undefined for what failed outside any. */
  readonly file: string | undefined;
  /** Where, and the first lines of why. */
  readonly text: string;
}

interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Why the file did not load, if it did not. */
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** What vitest says of a test that it did not run. */
const notRun: ReadonlySet<string> = new Set(["pending", "skipped", "todo"]);

/** What was not run. */
export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0, failures: [], flaky: [], ok: true };

/** Whether all is well: a test that was skipped counts as failed in CI, where no person reads what was left out. */
export function isGood({ ok, failed, skipped }: TestCounts, isCi = process.env["CI"] === "true"): boolean {
  return ok && failed === 0 && !(isCi && skipped > 0);
}

/** The figures of a run. */
export function figureText({ passed, failed, skipped, flaky }: TestCounts): string {
  const rest = [skipped > 0 ? `, ${skipped} skipped` : "", flaky.length > 0 ? `, ${flaky.length} flaky` : ""];
  return `${passed} passed, ${failed} failed${rest.join("")}`;
}

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
    if (text === undefined) return noReport(`vitest ${args.join(" ")}`);
    const report = JSON.parse(text) as JsonReport;
    for (const { status, fullName } of report.testResults.flatMap((tests) => tests.assertionResults)) {
      if (notRun.has(status)) say(`SKIPPED ${fullName}`);
    }
    return { ...noTests, ...count(report), ok: result.code === 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A run that left no report, e.g. because it was killed. */
export function noReport(run: string): TestCounts {
  const failures = [{ file: undefined, text: `${run}: ended without a report` }];
  return { ...noTests, failed: 1, failures, ok: false };
}

/** Lines of one failure that are shown again at the end. */
const failureLines = 12;

/** One failure as it is shown at the end; `where` begins with the file, if there is one. */
export function testFailure(file: string | undefined, where: string, why: string): TestFailure {
  const lines = stripVTControlCharacters(why).split("\n").slice(0, failureLines);
  return { file, text: [where, ...lines.map((line) => `    ${line}`)].join("\n") };
}

function count(report: JsonReport): Omit<TestCounts, "ok" | "flaky"> {
  const unloadable = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failures = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => {
        const file = relative(repositoryRoot, name);
        return testFailure(file, `${file}: ${fullName}`, failureMessages?.[0] ?? "");
      }),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...failures,
      ...unloadable.map(({ name, message }) => {
        const file = relative(repositoryRoot, name);
        return testFailure(file, file, message ?? "");
      }),
    ],
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
