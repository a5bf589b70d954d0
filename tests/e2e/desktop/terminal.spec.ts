import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { runCommand } from "#tools/test/command.ts";
import { test } from "../fixtures/built-test.ts";
import { mainEntry, standIn } from "../fixtures/desktop-app.ts";

test("the app is its own terminal client: input, output, exit codes, its own server, and nothing of the desktop", async () => {
  const home = await mkdtemp(join(tmpdir(), "pipit-terminal-"));
  const env = { PIPIT_HOME: home, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent", LANG: "C" };
  const run = (args: readonly string[], input = "") =>
    runCommand(standIn, [mainEntry, "--cli", ...args], { env, input }, AbortSignal.timeout(100_000));
  try {
    const answered = await run(["chat", "--no-audio"], "12 * 3\n");
    expect([answered.code, answered.stdout]).toEqual([0, "12 * 3 = 36\n"]);
    const refused = await run(["bogus"]);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain("unknown command 'bogus'");
    expect([existsSync(join(home, "desktop")), existsSync(join(home, "cache/terminal"))]).toEqual([
      false,
      true,
    ]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
