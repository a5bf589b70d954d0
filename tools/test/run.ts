import { runCommand } from "./command.ts";
import { prepareMachine, say, type Machine } from "./machine.ts";
import { addCounts, runLanes, type Phase } from "./phases.ts";
import { tryAgain } from "./second-try.ts";
import { playwrightPaths, runPlaywright, vitestPaths } from "./playwright-run.ts";
import { figureText, isGood, noTests, runVitest, type RunOptions, type TestCounts } from "./vitest-run.ts";

/** `npm test` ends by itself after this long, whatever hangs; a loaded machine needs several times the quiet one. */
const totalTimeoutMs = 45 * 60_000;

/** For everything but the system tests: these listen to sound as it plays, and must not wait for a core. */
const niceness = 10;

/** One project of vitest.config.ts, within the services. */
function vitestPhase(name: "unit" | "integration" | "system", { env }: Machine): Phase {
  return {
    name,
    run: (output, signal) =>
      runVitest(["--project", name], { env, output, ...(name === "system" ? {} : { niceness }) }, signal),
  };
}

const check: Phase = {
  name: "check",
  async run(output, signal) {
    const args = ["tools/test/check.ts", "--without-tests"];
    const { code } = await runCommand("node", args, { output, niceness }, signal);
    if (code === 0) return { ...noTests, passed: 1 };
    return {
      ...noTests,
      failed: 1,
      failures: [{ file: undefined, text: `npm run check -- --without-tests: exit code ${code}` }],
      ok: false,
    };
  },
};

/**
 * Everything, on two cores: what works hard (unit, then integration, two workers each) beside what mostly waits or
 * works on one core. System tests share one sound device and one screen, so they never run beside the windows.
 */
async function runEverything(machine: Machine, signal: AbortSignal): Promise<TestCounts> {
  const windows: Phase = {
    name: "windows",
    run: (output) => runWindows([], machine, { output, niceness }, signal),
  };
  const working = [vitestPhase("unit", machine), vitestPhase("integration", machine)];
  const waiting = [check, vitestPhase("system", machine), windows];
  return runLanes([working, waiting], (text) => void process.stdout.write(text), signal);
}

/** The tests at these paths, with their output as it comes. */
async function runChosen(
  chosen: readonly string[],
  machine: Machine,
  signal: AbortSignal,
): Promise<TestCounts> {
  const paths = vitestPaths(chosen);
  const options: RunOptions = { env: machine.env, output: "inherit" };
  const tests =
    paths === undefined ? noTests : await runVitest([...paths, "--passWithNoTests"], options, signal);
  return addCounts([tests, await runWindows(chosen, machine, { output: "inherit" }, signal)]);
}

/** The suites in real windows; each file is a named skip where there is no browser. */
async function runWindows(
  chosen: readonly string[],
  { missing, env }: Machine,
  options: Omit<RunOptions, "env">,
  signal: AbortSignal,
): Promise<TestCounts> {
  const paths = playwrightPaths(chosen);
  if (paths === undefined || missing.includes("chromium")) return noTests;
  return runPlaywright(paths, { env, ...options }, signal);
}

async function runAll(chosen: readonly string[], signal: AbortSignal): Promise<TestCounts> {
  await using machine = await prepareMachine(signal);
  const run = (paths: readonly string[]): Promise<TestCounts> => runChosen(paths, machine, signal);
  const counts =
    chosen.length === 0 ? await tryAgain(await runEverything(machine, signal), run) : await run(chosen);
  return { ...counts, skipped: counts.skipped + machine.skipped.length };
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
}
const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(totalTimeoutMs)]);
const startedMs = performance.now();
const counts = await runAll(process.argv.slice(2), signal).catch((error: unknown): TestCounts => {
  say(error instanceof Error ? error.message : String(error));
  return { ...noTests, failed: 1, ok: false };
});
const good = isGood(counts);
if (!good && isGood(counts, false)) say("something was skipped, and CI=true makes that a failure");
for (const { text } of counts.flaky) say(`FLAKY ${text}`);
for (const { text } of counts.failures) say(`FAILED ${text}`);
say(`took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
console.log(figureText(counts));
process.exitCode = good ? 0 : 1;
