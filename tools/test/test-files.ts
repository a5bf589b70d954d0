/** The files that need a PostgreSQL and a Redis, or boot programs of ours; see vitest.config.ts. */
export const integrationTests: readonly string[] = [
  "tests/integration/**/*.test.ts",
  "tests/foreign/**/*.test.ts",
  "tests/models/**/*.test.ts",
  "tests/chaos/**/*.test.ts",
  "server/**/*.postgres.test.ts",
  "server/**/*.database.test.ts",
];

/** Those of them that have no short size: only `npm run nightly` runs them, each with the machine to itself. */
export const nightlyTests = "tests/integration/**/*.nightly.test.ts";
