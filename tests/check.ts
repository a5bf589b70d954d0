import { runCommand } from "./system/command.ts";
import { generatedCodeProblem } from "./system/generated-code.ts";
import { describeStep, runSteps, type Step } from "./system/steps.ts";

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
  program("unit tests", "vitest", "run", "--project", "unit", "--reporter", "dot"),
  program("types", "tsc", "-b"),
  program("dead code", "knip", "--no-progress"),
  { name: "proto gen", run: generatedCodeProblem },
  program("proto lint", "buf", "lint", "proto"),
  program("lint", "oxlint", "--deny-warnings"),
  program("format", "oxfmt", "--check"),
];

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => stop.abort(new Error(`Stopped by ${name}.`)));
}
const startedMs = performance.now();
const results = await runSteps(steps, (result) => console.log(describeStep(result)), stop.signal);
const failed = results.filter((result) => result.problem !== undefined);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
console.log(
  failed.length === 0
    ? `check passed in ${seconds} s`
    : `check failed in ${seconds} s: ${failed.map((result) => result.name).join(", ")}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
