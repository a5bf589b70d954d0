import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "#tools/test/command.ts";
import { allSettings } from "./settings.ts";
import { defaultOf, flagOf, serveUsage } from "./usage.ts";

/** As the formatter aligns it. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const [head, ...body] = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n");
}

test("docs/operations.md lists every setting as it is (npx vitest run -u server/config writes it)", async () => {
  const code = (name: string | undefined): string => (name === undefined ? "" : `\`${name}\``);
  const rows = allSettings.map((setting) => [
    setting.flag === undefined ? "" : code(flagOf(setting)),
    code(setting.env),
    code(setting.file),
    defaultOf(setting),
    setting.about,
  ]);
  const titles = ["flag of `pipit serve`", "environment", "`config.toml`", "default", "meaning"];
  const path = join(repositoryRoot, "docs", "operations.md");
  const document = await readFile(path, "utf8");
  const regenerated = document.replace(
    /^\| flag of `pipit serve`.*\n(?:\|.*\n)+/m,
    `${table([titles, ...rows])}\n`,
  );
  expect(regenerated).toContain("| `--http HOST:PORT`");
  await expect(regenerated).toMatchFileSnapshot(path);
});

test("--help names every flag and every variable", () => {
  const usage = serveUsage();
  for (const setting of allSettings) {
    expect(usage).toContain(setting.flag === undefined ? setting.env : flagOf(setting));
  }
});
