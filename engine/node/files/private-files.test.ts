import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writePrivateFile } from "./private-files.ts";

test("a content that breaks off leaves the old file as it was, and no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipit-files-"));
  try {
    const path = join(folder, "chats.json");
    async function* pieces(fails: boolean): AsyncGenerator<Uint8Array> {
      yield Buffer.from("one ");
      if (fails) throw new Error("broken off");
      yield Buffer.from("two");
    }
    await writePrivateFile(path, pieces(false));
    await expect(writePrivateFile(path, pieces(true))).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    expect([await readdir(folder), await readFile(path, "utf8")]).toEqual([["chats.json"], "one two"]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
});
