import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, type Stats } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, sep } from "node:path";

/** What a part was built from and what came out: if neither changed, there is nothing to do. */
interface BuildStamp {
  /** Files and folders below the repository. */
  readonly inputs: readonly string[];
  /** SHA-256 over path, size and time of all files in them. */
  readonly sources: string;
  /** Folder below the repository. */
  readonly outDir: string;
  /** Size in bytes of each file, by its path below `outDir`. */
  readonly outputs: Readonly<Record<string, number>>;
}

/** Not part of any program. */
const ignored = /(?:\.test\.tsx?|\.md|\.DS_Store)$/;

/**
 * True if the part `name` was built here, from what its inputs hold now, and nothing of it is missing. It reads the stamp
 * and no content, and loads no library: programs ask it at every start (10 ms for a thousand files).
 */
export function isFresh(root: string, name: string): boolean {
  try {
    const stamp = readStamp(root, name);
    const outputs = Object.entries(stamp.outputs);
    return (
      outputs.length > 0 &&
      outputs.every(([path, size]) => statSync(join(root, stamp.outDir, path)).size === size) &&
      stamp.sources === fingerprint(root, stamp.inputs)
    );
  } catch {
    // No stamp, one that cannot be read, or a file of the result that is gone.
    return false;
  }
}

/** Paths of what the last build of a part wrote, below its folder; none when nothing says so. */
export function outputsOf(root: string, name: string): readonly string[] {
  try {
    return Object.keys(readStamp(root, name).outputs);
  } catch {
    // As in isFresh.
    return [];
  }
}

/** Stands for what `inputs` hold now. */
export function fingerprint(root: string, inputs: readonly string[]): string {
  const hash = createHash("sha256");
  for (const [path, { size, mtimeMs }] of inputs.flatMap((input) => filesOf(root, input))) {
    if (!ignored.test(path)) hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** Writes down that the part's outputs lie in `outDir` and were built from inputs with the fingerprint `sources`. */
export async function writeStamp(
  root: string,
  part: { readonly name: string; readonly inputs: readonly string[]; readonly outDir: string },
  built: Pick<BuildStamp, "sources" | "outputs">,
): Promise<void> {
  const { name, inputs, outDir } = part;
  const stamp: BuildStamp = { inputs, outDir, ...built };
  await writeFile(stampPath(root, name), `${JSON.stringify(stamp)}\n`);
}

/** Size in bytes of each file in `folder`, by its path below it. */
export function sizesOf(folder: string): BuildStamp["outputs"] {
  return Object.fromEntries(filesOf(folder, "").map(([path, { size }]) => [path, size]));
}

function readStamp(root: string, name: string): BuildStamp {
  return JSON.parse(readFileSync(stampPath(root, name), "utf8")) as BuildStamp;
}

export function stampPath(root: string, name: string): string {
  return join(root, "dist", `.stamp-${name}.json`);
}

/** A file, or all files below a folder, sorted; paths start at `root`. What does not exist has no files. */
function filesOf(
  root: string,
  path: string,
): readonly (readonly [path: string, facts: Pick<Stats, "size" | "mtimeMs">])[] {
  const full = join(root, path);
  const info = statSync(full, { throwIfNoEntry: false });
  if (info === undefined) return [];
  if (!info.isDirectory()) return [[path, info]];
  // By hand where node:path would do: it takes half of the time, and every start of a program pays it.
  const prefix = join(root, sep).length;
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}${sep}${entry.name}`)
    .toSorted()
    .map((file) => [file.slice(prefix).replaceAll(sep, "/"), statSync(file)]);
}
