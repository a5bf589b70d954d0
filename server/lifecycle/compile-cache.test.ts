import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepCompiledCode } from "./compile-cache.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-compiled-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test.each([
  ["a packed macOS app", "file:///Applications/Pipit.app/Contents/Resources/app.asar/dist/server/main.js"],
  ["a packed Windows app", String.raw`C:\Programs\Pipit\resources\app.asar\dist\server\main.js`],
])("code of %s never comes from the home: its archive is what was signed", (_, program) => {
  keepCompiledCode(home, program);
  expect(existsSync(join(home, "cache"))).toBe(false);
});
