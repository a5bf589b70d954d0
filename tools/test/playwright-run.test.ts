import { describe, expect, test } from "vitest";
import { countReport, playwrightPaths, vitestPaths } from "./playwright-run.ts";

describe("what runs where", () => {
  test.each([
    [[], ["tests/e2e"], []],
    [["tests/e2e/desktop"], ["tests/e2e/desktop"], undefined],
    [["./tests/e2e"], ["./tests/e2e"], undefined],
    [["server"], undefined, ["server"]],
    [["server", "tests/e2e/web"], ["tests/e2e/web"], ["server"]],
    [["tests/e2extra"], undefined, ["tests/e2extra"]],
  ])("%j", (chosen, inWindows, inVitest) => {
    expect(playwrightPaths(chosen)).toEqual(inWindows);
    expect(vitestPaths(chosen)).toEqual(inVitest);
  });
});

test("flaky tests and files that do not load count as failed", () => {
  const stats = { expected: 5, unexpected: 1, flaky: 2, skipped: 3 };
  expect(countReport({ stats, errors: [{}] })).toEqual({ passed: 5, failed: 4, skipped: 3 });
});
