import { expect } from "@playwright/test";
import { runCommand } from "#tools/test/command.ts";
import { test } from "../fixtures/built-test.ts";
import { environment, mainEntry, standIn } from "../fixtures/desktop-app.ts";

// oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures from it
test("a misspelt switch and a home that cannot be made are named, with the cure, and the app ends", async ({}, testInfo) => {
  // Below a file no user can make one, not even the administrator.
  const home = `${mainEntry}/home`;
  const env = environment({ home, env: { HOME: testInfo.outputPath("user") } });
  const run = (...args: readonly string[]) =>
    runCommand(standIn, [mainEntry, ...args], { env }, AbortSignal.timeout(60_000));
  // A misspelt switch of ours is refused before anything else; Chromium's own go by.
  expect(await run("--togle")).toMatchObject({
    code: 2,
    stderr: "error: unknown option '--togle'\n(Did you mean --toggle?)\n",
  });
  const { code, stderr } = await run("--v=0", "--class=pipit", "--toggle");
  expect([code, stderr]).toEqual([1, expect.stringContaining(`Pipit: ${home} cannot be used (ENOTDIR).`)]);
  expect(stderr).toContain("choose another folder with PIPIT_HOME");
  expect(stderr).not.toContain("met an error in itself");
});
