import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCodeOf } from "#contract/system-error.ts";
import { fingerprint, isFresh, outputsOf, sizesOf, stampPath, writeStamp } from "./build-stamp.ts";
import { takeBuildLock } from "./build-lock.ts";

/** Something that is built as a whole. */
export interface BuildPart {
  /** One word for messages, e.g. "window". */
  readonly name: string;
  /** Files and folders below the repository; a change in any makes the part stale. */
  readonly inputs: readonly string[];
  /** Folder below the repository that holds the result and nothing else. */
  readonly outDir: string;
  /** Writes the result into this empty folder (absolute). */
  build(outDir: string): Promise<void>;
}

export interface BuildOptions {
  /** The repository. */
  readonly root: string;
  /** Builds what is fresh, too. */
  readonly force?: boolean;
  /** Leaves everything to another build, if one runs: many programs that start at once have the same built, and would all wait. */
  readonly unlessBuilding?: boolean;
  /** One line per part. */
  readonly say: (line: string) => void;
}

/** Builds the parts that are stale, one after the other. Two that run at once build each part once. */
export async function buildParts(
  parts: readonly BuildPart[],
  options: BuildOptions,
  signal: AbortSignal,
): Promise<void> {
  // The usual case: nothing to do, and no other build to wait for.
  const stale = parts.filter((part) => isStale(part, options));
  for (const part of parts) {
    if (!stale.includes(part)) options.say(`${part.name}: up to date`);
  }
  if (stale.length === 0) return;
  const distFolder = join(options.root, "dist");
  const onWait = () => options.say("waiting for another build");
  await using lock = await takeBuildLock(
    distFolder,
    options.unlessBuilding === true ? undefined : onWait,
    signal,
  );
  if (lock === undefined) return options.say("left to another build");
  for (const part of stale) {
    signal.throwIfAborted();
    const startedMs = performance.now();
    const built = await buildIfStale(part, options);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    options.say(`${part.name}: ${built ? `built in ${seconds} s` : "built meanwhile"}`);
  }
}

function isStale(part: BuildPart, { root, force }: BuildOptions): boolean {
  return force === true || !isFresh(root, part.name);
}

async function buildIfStale(part: BuildPart, options: BuildOptions): Promise<boolean> {
  if (!isStale(part, options)) return false;
  const { root } = options;
  const target = join(root, part.outDir);
  // Taken before: what is saved while the build runs makes it stale again.
  const sources = fingerprint(root, part.inputs);
  const next = `${target}.next`;
  await rm(next, { recursive: true, force: true });
  await mkdir(next, { recursive: true });
  try {
    await part.build(next);
    const outputs = sizesOf(next);
    await keepEarlier(outputsOf(root, part.name), target, next);
    await rm(stampPath(root, part.name), { force: true });
    await replaceFolder(next, target);
    await writeStamp(root, part, { sources, outputs });
  } finally {
    await rm(next, { recursive: true, force: true });
  }
  return true;
}

/**
 * Keeps what the build before wrote and this one did not, until the next: a server that runs, or a page that is open, is of
 * that build, and loads some of its files late. What has a name of this build is this build's, its compressed forms too.
 */
async function keepEarlier(paths: readonly string[], from: string, to: string): Promise<void> {
  const own = new Set(paths.filter((path) => existsSync(join(to, path))));
  for (const path of paths) {
    const isReplaced = own.has(path) || own.has(path.replace(/\.(?:br|gz)$/, ""));
    if (!isReplaced && existsSync(join(from, path))) await cp(join(from, path), join(to, path));
  }
}

/** A program that reads the folder sees the old files or the new ones; a build that failed leaves the old. */
async function replaceFolder(next: string, target: string): Promise<void> {
  const old = `${target}.old`;
  await rm(old, { recursive: true, force: true });
  await mkdir(dirname(target), { recursive: true });
  await rename(target, old).catch((error: unknown) => {
    if (systemCodeOf(error) !== "ENOENT") throw error;
  });
  await rename(next, target);
  await rm(old, { recursive: true, force: true });
}
