import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createCliHome } from "../cli-process.ts";

const root = join(import.meta.dirname, "../../..");
const PASSWORD = "Correct-Horse-7-battery\n";

test("docs/operations/upgrading.md: its commands, one after another, as they stand there", async () => {
  const page = await readFile(join(root, "docs/operations/upgrading.md"), "utf8");
  const [before, upgrade, back, ...more] = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(
    ([, text = ""]) => text,
  );
  expect(more).toEqual([]);
  await using home = await createCliHome();
  const backups = join(home.home, "backups");
  await mkdir(backups, { mode: 0o700 });
  const add = (login: string) =>
    home.run(["admin", "users", "add", login, "--password-stdin"], { input: PASSWORD });
  const shell = async (commands = "exit 9"): Promise<string> => {
    const pipit = `pipit() { "${process.execPath}" "${join(root, "cli/pipit.js")}" "$@"; }`;
    const env = { ...process.env, PIPIT_HOME: home.home, BACKUPS: backups };
    const { stdout } = await promisify(execFile)("bash", ["-euc", `${pipit}\n${commands}`], { env });
    return stdout;
  };

  expect(await add("ann")).toMatchObject({ code: 0 });
  expect(await shell(before)).toContain("can be restored\n");
  expect(await shell(upgrade)).toMatch(/is up to date\n[^]*The audit log is whole/);
  expect(await add("bob")).toMatchObject({ code: 0 });
  expect(await shell(back)).toContain("The audit log is whole");
  const { stdout } = await home.run(["admin", "users", "list"]);
  expect([stdout.includes("ann"), stdout.includes("bob")]).toEqual([true, false]);
});
