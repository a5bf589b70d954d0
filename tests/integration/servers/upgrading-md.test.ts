import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCliHome } from "../cli-process.ts";
import { commandsOf, runCommands } from "./operations-page.ts";

const PASSWORD = "Correct-Horse-7-battery\n";

test("[O12] docs/operations/upgrading.md: its commands, one after another, as they stand there", async () => {
  const [before, upgrade, back, ...more] = await commandsOf("upgrading.md");
  expect(more).toEqual([]);
  await using home = await createCliHome();
  const backups = join(home.home, "backups");
  await mkdir(backups, { mode: 0o700 });
  const add = (login: string) =>
    home.run(["admin", "users", "add", login, "--password-stdin"], { input: PASSWORD });
  const shell = (commands?: string) => runCommands(commands, { PIPIT_HOME: home.home, BACKUPS: backups });

  expect(await add("ann")).toMatchObject({ code: 0 });
  expect(await shell(before)).toContain("can be restored\n");
  expect(await shell(upgrade)).toMatch(/is up to date\n[^]*The audit log is whole/);
  expect(await add("bob")).toMatchObject({ code: 0 });
  expect(await shell(back)).toContain("The audit log is whole");
  const { stdout } = await home.run(["admin", "users", "list"]);
  expect([stdout.includes("ann"), stdout.includes("bob")]).toEqual([true, false]);
});
