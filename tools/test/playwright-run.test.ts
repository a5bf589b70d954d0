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

test("flaky tests and files that do not load count as failed, and each is named", () => {
  const stats = { expected: 5, unexpected: 1, flaky: 2, skipped: 3 };
  const spec = (title: string, status: string, message: string) => ({
    title,
    file: "web/a.spec.ts",
    line: 7,
    tests: [{ status, results: [{ errors: [{ message }] }, { errors: [] }] }],
  });
  const inner = { specs: [spec("shows it", "flaky", "\u001b[31mnot there\u001b[39m")] };
  const suites = [
    { specs: [spec("opens", "unexpected", "too late"), spec("closes", "expected", "")], suites: [inner] },
  ];
  const file = "tests/e2e/web/a.spec.ts";
  expect(countReport({ stats, errors: [{ message: "no such file" }], suites })).toEqual({
    passed: 5,
    failed: 4,
    skipped: 3,
    failures: [
      { file, text: `${file}:7: opens\n    too late` },
      { file, text: `${file}:7: shows it\n    not there` },
      { file: undefined, text: "outside any test\n    no such file" },
    ],
  });
});
