import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot, runCommand } from "./command.ts";
import {
  noReport,
  noTests,
  testFailure,
  type RunOptions,
  type TestCounts,
  type TestFailure,
} from "./vitest-run.ts";

/** The part of Playwright's JSON report that is counted. */
interface JsonReport {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
  /** What went wrong outside any test: a file that does not load, a setup that failed. */
  readonly errors: readonly TestError[];
  readonly suites: readonly Suite[];
}

interface TestError {
  readonly message?: string;
}

/** A file, or a `describe` in one. */
interface Suite {
  readonly suites?: readonly Suite[];
  readonly specs: readonly {
    readonly title: string;
    readonly file: string;
    readonly line: number;
    readonly tests: readonly {
      /** "unexpected" and "flaky" count as failed. */
      readonly status: string;
      readonly results: readonly { readonly errors: readonly TestError[] }[];
    }[];
  }[];
}

const folder = "tests/e2e";
/** Where Playwright keeps what it has compiled, for the next run. */
const compiledTests = join(repositoryRoot, "node_modules", ".cache", "playwright-compiled");

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
        env: {
          ...env,
          PIPIT_TEST_SERVICES: "1",
          PLAYWRIGHT_TRANSFORM_CACHE_DIR: compiledTests,
          PLAYWRIGHT_JSON_OUTPUT_FILE: file,
        },
        ...options,
      },
      signal,
    );
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) return noReport(`playwright ${paths.join(" ")}`);
    return { ...noTests, ...countReport(JSON.parse(text) as JsonReport), ok: result.code === 0 };
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
}

/** One that passed only when it was repeated counts as failed: it is not to be trusted. */
export function countReport({ stats, errors, suites }: JsonReport): Omit<TestCounts, "ok" | "flaky"> {
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + errors.length,
    skipped: stats.skipped,
    failures: [
      ...suites.flatMap((suite) => failuresOf(suite)),
      ...errors.map(({ message }) => testFailure(undefined, "outside any test", message ?? "")),
    ],
  };
}

function failuresOf({ suites = [], specs }: Suite): TestFailure[] {
  const own = specs.flatMap(({ title, file, line, tests }) =>
    tests
      .filter(({ status }) => status === "unexpected" || status === "flaky")
      .map(({ results }) => {
        const why = results.flatMap(({ errors }) => errors).map(({ message }) => message ?? "");
        const path = `${folder}/${file}`;
        return testFailure(path, `${path}:${line}: ${title}`, why.join("\n"));
      }),
  );
  return [...own, ...suites.flatMap((suite) => failuresOf(suite))];
}
