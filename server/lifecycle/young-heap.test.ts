import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Allocates as a busy server does: much of it lives a while. Prints the most room for new objects that V8 took. */
const program = `
  const { boundYoungHeap } = await import(process.argv[1]);
  const { getHeapSpaceStatistics } = await import("node:v8");
  boundYoungHeap();
  let kept = [];
  let most = 0;
  for (let round = 0; round < 60; round += 1) {
    for (let n = 0; n < 40_000; n += 1) kept.push({ n, of: [round] });
    if (kept.length > 400_000) kept = kept.slice(200_000);
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size);
  }
  console.log(most);`;

test("the room for new objects stays within 40 MB of the 128 MB that V8 would take", async () => {
  const module = new URL("young-heap.ts", import.meta.url).href;
  const args = ["--input-type=module", "--eval", program, module];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(Number(stdout)).toBeLessThan(40e6);
});
