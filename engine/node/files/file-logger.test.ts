import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFileLogger } from "./file-logger.ts";
import { makeTempHome } from "../testing/temp-home.ts";

test("writes JSON lines but those for a developer, readable by the person alone", async () => {
  await using home = await makeTempHome();
  const logger = createFileLogger(home.path);
  logger.debug("quiet");
  logger.info("plain");
  logger.warn("odd", { code: "X" });
  logger.error("bad", { error: new TypeError("why") });
  logger.info("F4: said by others", { detail: "\u009B2J\u202E" });
  const path = join(home.path, "client.log");
  const content = await readFile(path, "utf8");
  expect(content).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
  const lines = content
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { level: "info", event: "plain" },
    { level: "warn", event: "odd", code: "X" },
    { level: "error", event: "bad", error: { name: "TypeError", message: "why" } },
    { detail: "\u009B2J\u202E" },
  ]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("starts a new file at 1 MiB and keeps one old one", async () => {
  await using home = await makeTempHome();
  const path = join(home.path, "client.log");
  await writeFile(path, "x".repeat(1024 * 1024 + 1));
  createFileLogger(home.path).info("fresh");
  expect(await readFile(path, "utf8")).toContain("fresh");
  expect((await stat(`${path}.1`)).size).toBe(1024 * 1024 + 1);
});

test("a folder that cannot be written does not stop anybody", () => {
  expect(() => createFileLogger("/dev/null/nowhere").error("lost")).not.toThrow();
});
