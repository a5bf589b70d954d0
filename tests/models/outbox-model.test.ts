import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
/** Deeper than the model reaches; a search that is cut off here says so. */
const MAX_DEPTH = "100000";

/** Checks every interleaving of outbox.pml; spin makes a C program of it, which searches. */
async function check(...faults: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-spin-"));
  try {
    const options = { cwd: folder };
    await copyFile(join(import.meta.dirname, "outbox.pml"), join(folder, "outbox.pml"));
    await run("spin", [...faults.map((fault) => `-D${fault}`), "-a", "outbox.pml"], options);
    await run("tcc", ["-DNOREDUCE", "-o", "pan", "pan.c"], options);
    // -a: what must happen in the end, too; -f: every program that can go on does.
    const { stdout } = await run(join(folder, "pan"), [`-m${MAX_DEPTH}`, "-a", "-f"], options);
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("no message is lost, doubled, out of order, scattered or stuck, whichever end is killed when", async () => {
  const report = await check();
  expect(report).toContain("errors: 0");
  expect(report).not.toMatch(/Search not completed|max search depth/);
});

const faults = ["FAULT_TWO_SENDERS", "FAULT_FORGETS_BROKEN", "FAULT_ASKS_AGAIN", "FAULT_REMOVES_FIRST"];
test.each(faults)("%s is found", async (fault) => {
  expect(await check(fault)).toContain("errors: 1");
});
