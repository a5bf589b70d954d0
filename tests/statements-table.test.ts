import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/** Statements about the auth service: by RFC, and its goals that are about behaviour. */
const statements = [
  ...Array.from({ length: 37 }, (_, index) => String(index + 1)),
  "181",
  "G2",
  "G3",
  "G4",
  "G6",
  "G7",
  "G8",
  "G9",
  "G10",
  "G12",
];
/** Statements about the desktop app: Electron's own list for secure apps, and what it lacks. */
const desktopStatements = Array.from({ length: 20 }, (_, index) => `5.1-${index + 1}`);
/** How the tables write folders. */
const folders: Readonly<Record<string, string>> = {
  e2e: "tests/e2e/desktop",
  windows: "electron/windows",
  shell: "electron/shell",
  accounts: "server/domain/accounts",
  "sign-in": "server/domain/sign-in",
  auth: "tests/integration/auth",
  store: "server/store",
  tokens: "server/domain/tokens",
};
const AUTH_HEADING = "## Auth service: statements and their tests";
const DESKTOP_HEADING = "## Desktop: statements and their tests";
/** The two ways to be run on SQLite and PostgreSQL: always, or nightly. */
const ON_BOTH = /\beach\(databases(?:BySize)?\)/;

interface Row {
  readonly statement: string;
  readonly what: string;
  /** From the root of the repository. */
  readonly files: readonly string[];
}

function readTable(heading: string): readonly Row[] {
  const text = readFileSync("docs/security.md", "utf8");
  const section = text.split(`${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) => {
    const [, statement = "", what = "", tests = ""] = line.split("|").map((cell) => cell.trim());
    return { statement, what, files: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => whole(path)) };
  });
}

function whole(path: string): string {
  const [folder = "", ...rest] = path.split("/");
  return [folders[folder] ?? folder, ...rest].join("/");
}

/** Whether a test or a group of tests of this file has the number in its name. */
function names(file: string, statement: string): boolean {
  const text = readFileSync(file, "utf8");
  // A name begins its line or follows the bracket of `test(`, `describe(` or `each(...)(`.
  return new RegExp(
    `(?:^\\s*|\\()["\`](?:[^"\`\\n]* )?\\[${statement.replace(".", "\\.")}\\][ :"]`,
    "m",
  ).test(text);
}

describe("the desktop's statements in docs/security.md", () => {
  const rows = readTable(DESKTOP_HEADING);

  test("has a row for every statement, in order", () => {
    expect(rows.map(({ statement }) => statement)).toEqual(desktopStatements);
  });

  test.each(rows)("$statement: $what", ({ statement, what, files }) => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(files.filter((file) => !names(file, statement))).toEqual([]);
    expect(what.startsWith("not applicable")).toBe(["5.1-15", "5.1-16"].includes(statement));
  });
});

describe("the auth service's statements in docs/security.md", () => {
  const rows = readTable(AUTH_HEADING);

  test("has a row for every statement, in order", () => {
    expect(rows.map(({ statement }) => statement)).toEqual(statements);
  });

  test.each(rows)("$statement: $what", ({ statement, what, files }) => {
    expect(what).not.toBe("");
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    // Each file that is named has such a test, and one of them runs on both databases.
    expect(files.filter((file) => !names(file, statement))).toEqual([]);
    expect(files.some((file) => ON_BOTH.test(readFileSync(file, "utf8")))).toBe(true);
  });
});
