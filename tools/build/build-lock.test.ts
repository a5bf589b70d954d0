import { execFile } from "node:child_process";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const LOSE_THE_LOCK = `
  import { rmdirSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  import { takeBuildLock } from ${JSON.stringify(new URL("build-lock.ts", import.meta.url).href)};
  const [folder] = process.argv.slice(-1);
  const held = await takeBuildLock(folder, () => undefined, AbortSignal.timeout(60_000));
  rmdirSync(folder + "/.build.lock");
  // The lock is renewed every three seconds.
  await sleep(4_000);
  await held[Symbol.asyncDispose]();
  console.log("built");
`;

test("a build goes on when its lock was taken away, as by a machine that slept", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "pipit-lock-"));
  const run = promisify(execFile)(process.execPath, [
    "--input-type=module",
    "-e",
    LOSE_THE_LOCK,
    folder.path,
  ]);
  expect((await run).stdout.trim()).toBe("built");
});
