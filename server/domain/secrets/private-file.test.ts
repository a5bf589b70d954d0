import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fillDisk, mountSmallDisk } from "#server/testing/small-disk.ts";
import { createPrivateFile, readPrivateFile, replacePrivateFile } from "./private-file.ts";

test("a full disk is said to be one, and a secret on it stays as it was", async ({ skip }) => {
  const folder = await mountSmallDisk(64 * 1024);
  if (folder === undefined) return skip("only root may mount a small disk");
  const [file, filler] = [join(folder, "key"), join(folder, "filler")];
  await replacePrivateFile(file, "the first");
  await fillDisk(filler);
  for (const write of [replacePrivateFile, createPrivateFile]) {
    const writing = write(file, Buffer.alloc(10_000, "x"));
    await expect(writing).rejects.toMatchObject({ code: "STORAGE_FULL" });
    await expect(writing).rejects.toThrow(`The disk that holds ${folder} is full.`);
  }
  expect((await readdir(folder)).toSorted()).toEqual(["filler", "key"]);
  expect(String(await readPrivateFile(file, 100))).toBe("the first");
  await rm(filler);
  await replacePrivateFile(file, "the second");
  expect(String(await readPrivateFile(file, 100))).toBe("the second");
});
