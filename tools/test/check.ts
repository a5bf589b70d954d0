import { runCommand } from "./command.ts";
import { generatedCodeProblem } from "./generated-code.ts";
import { describeStep, runSteps, type Step } from "./steps.ts";

/** A step that is one program: it holds when the program exits with 0. */
function program(name: string, command: string, ...args: readonly string[]): Step {
  return {
    name,
    run: async (signal) => {
      const result = await runCommand(command, args, { env: { FORCE_COLOR: "0", NO_COLOR: "1" } }, signal);
      return result.code === 0 ? undefined : `${result.stdout}${result.stderr}`;
    },
  };
}

/** `npm run check`: everything that needs no machine part, in under a minute. Longest first. */
const steps: readonly Step[] = [
  // `npm test` runs them with all other tests, and measures their coverage.
  ...(process.argv.includes("--without-tests")
    ? []
    : [program("unit tests", "vitest", "run", "--project", "unit", "--reporter", "dot")]),
  // One checker: each of several looks at what all files share by itself, and the three projects fill two cores anyway.
  program("types", "tsc", "-b", "--checkers", "1"),
  program("dead code", "knip", "--no-progress"),
  { name: "proto gen", run: generatedCodeProblem },
  program("proto lint", "buf", "lint", "proto"),
  program("lint", "oxlint", "--deny-warnings"),
  program("format", "oxfmt", "--check"),
];

async function check(signal: AbortSignal): Promise<boolean> {
  const startedMs = performance.now();
  const results = await runSteps(steps, (result) => console.log(describeStep(result)), signal);
  const failed = results.filter((result) => result.problem !== undefined).map((result) => result.name);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    failed.length === 0
      ? `check passed in ${seconds} s`
      : `check failed in ${seconds} s: ${failed.join(", ")}`,
  );
  return failed.length === 0;
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
}
try {
  process.exitCode = (await check(stop.signal)) ? 0 : 1;
} catch (error) {
  console.error(`check: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
