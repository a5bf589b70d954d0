import { execFileSync } from "node:child_process";
import { mkdtemp, open, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemCodeOf } from "#contract/system-error.ts";

const BLOCK_BYTES = 4096;

/** A small disk for one test; undefined where this user may not have one. */
export async function mountSmallDisk(bytes: number): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    await rmdir(folder);
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", folder]);
    return rmdir(folder);
  });
  return folder;
}

/** Takes all space that is left, by a file at `path`. */
export async function fillDisk(path: string): Promise<void> {
  const file = await open(path, "w");
  try {
    const block = Buffer.alloc(BLOCK_BYTES);
    for (;;) await file.write(block);
  } catch (reason) {
    if (systemCodeOf(reason) !== "ENOSPC") throw reason;
  } finally {
    await file.close();
  }
}
