import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { putNew } from "./put-new.ts";

test.each(["EPERM", "EOPNOTSUPP"])(
  "where hard links are %s, a file gets its name all the same, never over another",
  async (code) => {
    const folder = await mkdtemp(join(tmpdir(), "pipit-put-new-"));
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => rm(folder, { recursive: true, force: true }));
    const refuse = () => Promise.reject(Object.assign(new Error(code), { code }));
    const [draft, target] = [join(folder, "draft"), join(folder, "target")];
    await writeFile(draft, "whole");
    await putNew(draft, target, refuse);
    expect(await readFile(target, "utf8")).toBe("whole");

    await writeFile(draft, "another");
    await expect(putNew(draft, target, refuse)).rejects.toMatchObject({ code: "EEXIST" });
    expect(await readFile(target, "utf8")).toBe("whole");
    // What cannot be moved leaves no empty file that looks like a backup.
    await expect(putNew(join(folder, "gone"), join(folder, "new"), refuse)).rejects.toMatchObject({
      code: "ENOENT",
    });
    expect((await readdir(folder)).toSorted()).toEqual(["draft", "target"]);
  },
);
