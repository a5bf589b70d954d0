import { runCommand } from "./command.ts";
import { findSkippedFiles, type SkippedFile } from "./needs.ts";
import { canInstall, findMissing, installParts, type Missing, type PartName } from "./parts.ts";
import { playwrightPaths, runPlaywright, vitestPaths } from "./playwright-run.ts";
import { startServices, type ServiceName } from "./services.ts";
import { lineCoverage, runVitest, type TestCounts } from "./vitest-run.ts";

/** `npm test` ends by itself after this long, whatever hangs; a loaded machine needs several times the quiet one. */
const totalTimeoutMs = 45 * 60_000;
const serviceNames: readonly ServiceName[] = ["sound", "secrets", "display", "postgres", "redis"];
const coveredFolders = ["engine", "server/domain"];

const say = (line: string): void => console.log(`test: ${line}`);

/** Installs what is missing where that is possible; resolves to what is still missing. */
async function provideParts(signal: AbortSignal): Promise<readonly Missing[]> {
  const missing = await findMissing(signal);
  if (missing.length === 0) return missing;
  if (!(await canInstall())) return missing;
  const problem = await installParts(missing, say, signal);
  if (problem !== undefined) say(`apt-get could not install everything:\n${problem}`);
  return findMissing(signal);
}

function describeMissing(missing: readonly Missing[]): void {
  for (const { part, requirements } of missing) {
    const names = requirements.map((requirement) => requirement.name).join(", ");
    const packages = [...new Set(requirements.flatMap((requirement) => requirement.packages))].join(" ");
    say(
      `MISSING ${part.name}: no ${names}; without it, no ${part.purpose} (Debian: apt-get install ${packages})`,
    );
  }
}

function describeSkipped(skipped: readonly SkippedFile[]): void {
  for (const { path, lacks } of skipped) say(`SKIPPED ${path}: needs ${lacks.join(", ")}`);
}

/** Runs the chosen tests beside the services; with no choice, `check` first and then all, with coverage. */
async function runAll(chosen: readonly string[], signal: AbortSignal): Promise<TestCounts> {
  const missing = await provideParts(signal);
  describeMissing(missing);
  const missingNames = missing.map((entry) => entry.part.name);
  const skippedFiles = await findSkippedFiles(missingNames);
  describeSkipped(skippedFiles);

  const everything = chosen.length === 0;
  const check = everything ? await runCheck(signal) : { passed: 0, failed: 0 };
  const wanted = serviceNames.filter((name) => !missingNames.includes(name));
  await using services = await startServices(wanted, signal);
  // Not --exclude: the projects of vitest.config.ts have lists of their own, which replace it.
  const lacking = skippedFiles.map((file) => file.path).join(",");
  const env = { ...services.env, PIPIT_TEST_LACKING: lacking };
  const paths = vitestPaths(chosen);
  const args = everything ? ["--coverage"] : [...(paths ?? []), "--passWithNoTests"];
  const tests = paths === undefined ? nothing : await runVitest(args, env, signal);
  if (everything) await describeCoverage();
  const windows = await runWindows(chosen, missingNames, services.env, signal);

  // Either says no without a failed test when something else is wrong, e.g. the coverage: that is one failure more.
  const silent = [tests, windows].filter((counts) => !counts.ok && counts.failed === 0).length;
  return {
    passed: tests.passed + windows.passed + check.passed,
    failed: tests.failed + windows.failed + check.failed + silent,
    skipped: tests.skipped + windows.skipped + skippedFiles.length,
    ok: tests.ok && windows.ok && check.failed === 0,
  };
}

const nothing: TestCounts = { passed: 0, failed: 0, skipped: 0, ok: true };

/** The suites in real windows, within the same services; each file is a named skip where there is no browser. */
async function runWindows(
  chosen: readonly string[],
  missing: readonly PartName[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<TestCounts> {
  const paths = playwrightPaths(chosen);
  if (paths === undefined || missing.includes("chromium")) return nothing;
  return runPlaywright(paths, env, signal);
}

async function runCheck(signal: AbortSignal): Promise<{ readonly passed: number; readonly failed: number }> {
  const result = await runCommand(
    "node",
    ["tools/test/check.ts", "--without-tests"],
    { output: "inherit" },
    signal,
  );
  return result.code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function describeCoverage(): Promise<void> {
  for (const folder of coveredFolders) {
    const percent = await lineCoverage(folder);
    say(
      `coverage of ${folder}: ${percent === undefined ? "not measured" : `${percent.toFixed(1)} % of lines`}`,
    );
  }
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
}
const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(totalTimeoutMs)]);
const startedMs = performance.now();
const counts = await runAll(process.argv.slice(2), signal).catch((error: unknown): TestCounts => {
  say(error instanceof Error ? error.message : String(error));
  return { passed: 0, failed: 1, skipped: 0, ok: false };
});
const skipIsFailure = process.env["CI"] === "true" && counts.skipped > 0;
if (skipIsFailure) say("something was skipped, and CI=true makes that a failure");
say(`took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
const skippedText = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
console.log(`${counts.passed} passed, ${counts.failed} failed${skippedText}`);
process.exitCode = counts.ok && counts.failed === 0 && !skipIsFailure ? 0 : 1;
