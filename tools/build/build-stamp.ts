import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { z } from "zod";

/** What a part was built from and what came out: if neither changed, there is nothing to do. */
const stampSchema = z.object({
  /** SHA-256 over paths and contents of all inputs. */
  inputs: z.string(),
  /** Size in bytes of each file, by its path below the part's folder. */
  outputs: z.record(z.string(), z.number()),
});
export type BuildStamp = z.infer<typeof stampSchema>;

/** Not part of any program. */
const ignored = /(?:\.test\.tsx?|\.md|\.DS_Store)$/;

/** A file, or all files below a folder, sorted; paths start at `root`. What does not exist has no files. */
async function filesOf(root: string, path: string): Promise<readonly string[]> {
  const full = join(root, path);
  const info = await stat(full).catch(() => undefined);
  if (info === undefined) return [];
  if (!info.isDirectory()) return [path];
  const entries = await readdir(full, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !ignored.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted();
}

/** One hash for everything that `inputs` (files and folders below `root`) hold now. */
export async function hashInputs(root: string, inputs: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of (await Promise.all(inputs.map((input) => filesOf(root, input)))).flat()) {
    const content = await readFile(join(root, path));
    // The length keeps a byte that moves from one file to the next from being overlooked.
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** The files below a folder with their sizes; empty if there is no folder. */
export async function measureOutputs(folder: string): Promise<Record<string, number>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path).split(sep).join("/"), (await stat(path)).size] as const;
    });
  return Object.fromEntries(await Promise.all(sizes));
}

/** True if `outputs` are on disk as they were when the stamp was written. */
export async function holdsOutputs(folder: string, stamp: BuildStamp): Promise<boolean> {
  const found = await measureOutputs(folder);
  const names = Object.keys(stamp.outputs);
  return names.length > 0 && names.every((name) => found[name] === stamp.outputs[name]);
}

/** Undefined if there is none, or none that can be read. */
export async function readStamp(path: string): Promise<BuildStamp | undefined> {
  try {
    return stampSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

export async function writeStamp(path: string, stamp: BuildStamp): Promise<void> {
  await writeFile(path, `${JSON.stringify(stamp)}\n`);
}
