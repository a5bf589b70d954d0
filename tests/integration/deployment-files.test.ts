import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readServerConfig } from "#server/config/config.ts";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";

const CHECKED_WITHIN_MS = 60_000;
/** Tenths, as `systemd-analyze security` counts what a service may do: from 0, nothing, to 100. */
const MAY_DO_AT_MOST = 20;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-deployment-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sample = (name: string) => readFile(join(repositoryRoot, "docs/operations", name), "utf8");

test("systemd finds no fault with the unit, which may do little and has settings that the server takes", async () => {
  const text = await sample("systemd/pipit.service");
  const file = join(folder, "pipit.service");
  await writeFile(file, text.replace("/usr/bin/node", process.execPath));
  const analyze = (...args: readonly string[]) =>
    runCommand("systemd-analyze", [...args, file], {}, AbortSignal.timeout(CHECKED_WITHIN_MS));
  expect(await analyze("verify")).toMatchObject({ code: 0, stderr: "" });
  const limit = `--threshold=${MAY_DO_AT_MOST}`;
  expect(await analyze("security", "--offline=yes", "--no-pager", limit)).toMatchObject({ code: 0 });
  const lines = [...text.matchAll(/^Environment=(.+)$/gm)].flatMap(([, line = ""]) => line.split(" "));
  const env = Object.fromEntries(lines.map((line) => line.split("=", 2) as [string, string]));
  const key = join(folder, "master-key");
  await writeFile(key, `${Buffer.alloc(32, 7).toString("base64")}\n`);
  expect(env["PIPIT_MASTER_KEY_FILE"]).toBe("/etc/pipit/master-key");
  const config = readServerConfig({ argv: [], env: { ...env, PIPIT_MASTER_KEY_FILE: key } });
  expect(config).toMatchObject({ home: "/var/lib/pipit", shutdownDelaySeconds: 5, http: { port: 8787 } });
  expect(text).toContain("\nExecStart=/usr/bin/node /opt/pipit/dist/server/main.js\n");
  // The delay, 10 s for answers, one for farewells; systemd kills after it.
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThan(config.shutdownDelaySeconds + 11);
});
