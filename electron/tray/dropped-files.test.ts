import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readDroppedFiles } from "./dropped-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-dropped-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("files are read whole with their names; a folder, one that is gone, and too much are refused by name", async () => {
  const [note, large] = [join(folder, "note.txt"), join(folder, "large.png")];
  await writeFile(note, "hello");
  await writeFile(large, "");
  await truncate(large, 64 * 1024 * 1024);
  expect(await readDroppedFiles([note, note])).toEqual([
    { name: "note.txt", bytes: new TextEncoder().encode("hello") },
    { name: "note.txt", bytes: new TextEncoder().encode("hello") },
  ]);
  await expect(readDroppedFiles([folder])).rejects.toMatchObject({ code: "FILE_GONE" });
  await expect(readDroppedFiles([join(folder, "gone")])).rejects.toThrow("gone cannot be read");
  await expect(readDroppedFiles([note, large])).rejects.toMatchObject({
    code: "MESSAGE_TOO_LARGE",
    message: expect.stringContaining("large.png has 67108864 bytes"),
  });
});
