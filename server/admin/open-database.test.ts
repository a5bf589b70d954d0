import { mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { runAdminProgram } from "./run.ts";

test("a command that only reads makes no database where there is none, and one that may make the first says where", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "pipit-admin-"));
  const home = join(folder.path, "home");
  const run = async (argv: readonly string[], input = "") => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const io = { stdin: Readable.from([Buffer.from(input)]), stdout, stderr };
    const code = await runAdminProgram({ argv, env: { PIPIT_HOME: home } }, io);
    return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
  };
  const file = join(home, "server", "pipit.db");
  for (const command of [
    "users list",
    "users deactivate ann",
    "clients list",
    "keys list",
    "keys rotate",
    "audit list",
    "audit verify",
    "audit restart --yes",
    "master-key status",
    "master-key rotate",
    "master-key abandon --yes",
    "memory verify",
    "memory rebuild",
    "backup verify pipit-1",
    "db status",
    `db backup ${join(folder.path, "pipit-1")}`,
    "db vacuum",
  ]) {
    const told = await run(command.split(" ")).catch((reason: unknown) => reason);
    expect(told, command).toMatchObject({ code: "CONFIG_INVALID" });
    for (const word of [`no database ${file}. `, "--data DIR", "PIPIT_HOME", "pipit-admin"])
      expect(String(told), command).toContain(word);
  }
  expect(await readdir(folder.path)).toEqual([]);

  const password = "Correct-Horse-7-battery";
  expect(await run(["users", "add", "ann", "--password-stdin"], password)).toMatchObject({
    code: 0,
    stderr: `Made a new database: ${file}\n`,
  });
  expect(await run(["clients", "add", "app-1", "--name", "App"])).toMatchObject({ code: 0, stderr: "" });
  expect((await run(["users", "list"])).stdout).toContain("ann");
  const other = join(folder.path, "other");
  expect(await run(["--data", other, "db", "migrate"])).toMatchObject({
    code: 0,
    stderr: `Made a new database: ${join(other, "pipit.db")}\n`,
  });
});
