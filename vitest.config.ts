import { defineConfig } from "vitest/config";
import { sized } from "./tests/testing/test-size.ts";
import { LongestFirst } from "./tools/test/longest-first.ts";
import { integrationTests, nightlyTests } from "./tools/test/test-files.ts";

/** Files that `npm test` found to need a machine part that is not here; it says so and counts them as skipped. */
const lacking = (process.env["PIPIT_TEST_LACKING"] ?? "").split(",").filter((path) => path !== "");
const never = ["**/node_modules/**", "**/dist/**", "coverage/**"];
/** What has no short size. */
const nightly = sized([nightlyTests], []);

/**
 * Three kinds of tests. `unit` needs nothing but Node (`npm run check`); `integration` boots real programs on free
 * ports and has a PostgreSQL and a Redis, for `*.database.test.ts`, which run on every database, among others.
 * `system` needs the sound server, the Secret Service and the display that `npm test` starts; its files run one at a
 * time, because they share one sound device and one screen. `npm test` runs the three as processes of their own
 * (tools/test/run.ts); within one, the last two come after the first.
 */
export default defineConfig({
  test: {
    watch: false,
    clearMocks: true,
    restoreMocks: true,
    unstubEnvs: true,
    sequence: { sequencer: LongestFirst },
    // As every limit of time here, it is for what never comes; what must come fast is measured by npm run nightly.
    // Vitest's own waitFor and waitUntil give up after a second, which a busy machine takes for anything: name a limit there.
    expect: { poll: { timeout: 60_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...never, ...integrationTests, "**/*.system.test.ts"],
          testTimeout: sized(120_000, 240_000),
          hookTimeout: 120_000,
          // Modules are loaded once per worker, not once per file: three times quicker. Tests hold no module state.
          isolate: false,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: [...integrationTests],
          exclude: [...lacking, ...never, ...nightly],
          globalSetup: "tools/test/database-setup.ts",
          testTimeout: sized(240_000, 20 * 60_000),
          hookTimeout: 120_000,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "system",
          include: ["**/*.system.test.ts"],
          exclude: [...lacking, ...never],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    coverage: {
      provider: "v8",
      reportOnFailure: true,
      reporter: ["text-summary", "json-summary", "html"],
      include: ["engine/**/*.ts", "server/**/*.ts", "contract/**/*.ts", "cli/**/*.ts"],
      exclude: ["**/*.test.ts", "**/ports.ts"],
      thresholds: {
        "engine/**": { lines: 85 },
        "server/domain/**": { lines: 85 },
      },
    },
  },
});
