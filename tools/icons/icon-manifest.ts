import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { iconOutputs, sourceFolder, sourceNames } from "./icon-plan.ts";

export const manifestPath = "assets/generated/icons.json";

/** SHA-256 of the drawings, and of each file that was made of them: how a test sees that one was forgotten. */
export interface IconManifest {
  readonly sources: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** What the manifest would say about the files as they are now; a missing file reads "missing". */
export async function describeIcons(root: string): Promise<IconManifest> {
  const sources = sourceNames.map((name) => `${sourceFolder}/${name}.svg`);
  const outputs = iconOutputs(root).map(({ path }) => path);
  return { sources: await hashAll(root, sources), outputs: await hashAll(root, outputs) };
}

/** What `npm run icons` wrote last. */
export async function readIconManifest(root: string): Promise<unknown> {
  return JSON.parse(await readFile(join(root, manifestPath), "utf8"));
}

async function hashAll(root: string, paths: readonly string[]): Promise<Record<string, string>> {
  const hashed = paths.toSorted().map(async (path) => {
    const content = await readFile(join(root, path)).catch(() => undefined);
    const hash = content === undefined ? "missing" : createHash("sha256").update(content).digest("hex");
    return [path, hash] as const;
  });
  return Object.fromEntries(await Promise.all(hashed));
}
