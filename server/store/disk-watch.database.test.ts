import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { sqlite } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { createDiskWatch } from "./disk-watch.ts";

test("each time that the disk is full has its two lines, also where nobody asks for the health", async () => {
  await using temporary = await sqlite.open();
  const db = await temporary.openDb();
  const logger = createRecordingLogger();
  using disk = createDiskWatch(logger, "here", () => db, 20);
  const full = new PipitError("STORAGE_FULL", "The disk is full.");
  const told = () => logger.lines.map(({ event }) => event);
  const once = ["store.not_writable", "store.writable"];
  disk.see(full);
  disk.see(full);
  await expect.poll(told).toEqual(once);
  disk.see(full);
  await expect.poll(told).toEqual([...once, ...once]);
  expect(await disk.state()).toBe("writable");
});
