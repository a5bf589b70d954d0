import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import type { RunOptions, TestCounts } from "./vitest-run.ts";

/** The part of Playwright's JSON report that is counted. */
interface JsonReport {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
  /** What went wrong outside any test: a file that does not load, a setup that failed. */
  readonly errors: readonly unknown[];
}

const folder = "tests/e2e";

/** Of the paths that `npm test` was given, those that Playwright runs; all of its suites when none was given. */
export function playwrightPaths(chosen: readonly string[]): readonly string[] | undefined {
  if (chosen.length === 0) return [folder];
  const own = chosen.filter((path) => isOwn(path));
  return own.length === 0 ? undefined : own;
}

/** The rest, for vitest; undefined when everything that was chosen is Playwright's. */
export function vitestPaths(chosen: readonly string[]): readonly string[] | undefined {
  const own = chosen.filter((path) => !isOwn(path));
  return chosen.length > 0 && own.length === 0 ? undefined : own;
}

function isOwn(path: string): boolean {
  const plain = path.replace(/^\.\//, "");
  return plain === folder || plain.startsWith(`${folder}/`);
}

/** Runs the suites in real windows, and reads the numbers from Playwright's JSON report. */
export async function runPlaywright(
  paths: readonly string[],
  { env, ...options }: RunOptions,
  signal: AbortSignal,
): Promise<TestCounts> {
  const reports = await mkdtemp(join(tmpdir(), "pipit-report-"));
  try {
    const file = join(reports, "report.json");
    const result = await runCommand(
      "playwright",
      ["test", "--reporter=list,json", ...paths],
      {
        env: { ...env, PIPIT_TEST_SERVICES: "1", PLAYWRIGHT_JSON_OUTPUT_FILE: file },
        ...options,
      },
      signal,
    );
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) return { passed: 0, failed: 1, skipped: 0, ok: false };
    return { ...countReport(JSON.parse(text) as JsonReport), ok: result.code === 0 };
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
}

/** One that passed only when it was repeated counts as failed: it is not to be trusted. */
export function countReport({ stats, errors }: JsonReport): Omit<TestCounts, "ok"> {
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + errors.length,
    skipped: stats.skipped,
  };
}
