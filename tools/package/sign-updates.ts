import type { KeyObject } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { signUpdate, type UpdateList } from "#electron/update/update-signature.ts";

/** Signs the lists of updates that electron-builder has written into this folder; resolves to their paths. */
export async function signUpdateLists(folder: string, key: KeyObject): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => /^latest.*\.yml$/u.test(name));
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const list = parse(await readFile(path, "utf8")) as UpdateList;
      await writeFile(path, stringify({ ...list, pipitSignature: signUpdate(list, key) }));
      return path;
    }),
  );
}
