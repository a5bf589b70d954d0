import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { repositoryRoot, runCommand } from "./command.ts";

/**
 * Generates `proto/gen` anew into a temporary folder and compares it, byte for byte, with what is committed. Resolves
 * to undefined when they are equal, otherwise to a list of the files that differ.
 */
export async function generatedCodeProblem(signal: AbortSignal): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-gen-"));
  try {
    const args = ["generate", "proto", "--template", "proto/buf.gen.yaml", "-o", folder];
    const result = await runCommand("buf", args, {}, signal);
    if (result.code !== 0) return result.stdout + result.stderr;
    const fresh = await readTree(join(folder, "proto", "gen"));
    const committed = await readTree(join(repositoryRoot, "proto", "gen"));
    const names = [...new Set([...fresh.keys(), ...committed.keys()])].toSorted();
    const different = names.filter((name) => !sameBytes(fresh.get(name), committed.get(name)));
    if (different.length === 0) return undefined;
    return `proto/gen is not what proto/ generates; run "npm run gen":\n${different.join("\n")}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sameBytes(left: Buffer | undefined, right: Buffer | undefined): boolean {
  return left !== undefined && right !== undefined && left.equals(right);
}

async function readTree(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, Buffer]> => {
        const path = join(file.parentPath, file.name);
        return [relative(folder, path), await readFile(path)];
      }),
    ),
  );
}
