import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";

/** Landed before today's migrations; it stands for the release before while there is no tag. */
const PINNED = "e0c1b28a83f95bd504ffd1ff0e0937e0b7e906fb";
const BUILT_WITHIN_MS = 10 * 60_000;

/** The release before this version, built. Disposing removes it. */
export interface EarlierRelease extends AsyncDisposable {
  /** e.g. "v0.1.0", or a commit */
  readonly name: string;
  /** Programs. */
  readonly server: string;
}

/**
 * Builds the server of the newest tag before this commit, else of the pinned commit, from the history of this clone.
 * Resolves to why not where the clone holds no such history.
 */
export async function buildEarlierRelease(): Promise<EarlierRelease | string> {
  const signal = AbortSignal.timeout(BUILT_WITHIN_MS);
  const tag = await runCommand("git", ["describe", "--tags", "--abbrev=0", "HEAD^"], {}, signal);
  const name = tag.code === 0 ? tag.stdout.trim() : PINNED;
  const there = await runCommand("git", ["cat-file", "-e", `${name}^{commit}`], {}, signal);
  if (there.code !== 0) return `the history of this clone does not reach back to ${name}`;
  await using making = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "pipit-earlier-"));
  making.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  const run = async (command: string, ...args: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await runCommand(command, args, { cwd: folder }, signal);
    if (code !== 0) throw new Error(`${command} ${args[0]} of ${name}: ${stdout}${stderr}`);
  };
  const archive = join(folder, "release.tar");
  await run("git", "-C", repositoryRoot, "archive", `--output=${archive}`, name);
  await run("tar", "-xf", archive);
  const modules = join(repositoryRoot, "node_modules");
  if (await hasSamePackages(folder)) await symlink(modules, join(folder, "node_modules"));
  else await run("npm", "ci", "--prefer-offline", "--no-audit", "--no-fund");
  await run("node", "tools/build.ts", "server");
  const owned = making.move();
  return {
    name,
    server: join(folder, "dist/server/main.js"),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Whether what that version asks for is what is installed here; each version is written exactly. */
async function hasSamePackages(folder: string): Promise<boolean> {
  const [then, now] = await Promise.all([folder, repositoryRoot].map(readPackages));
  return Object.entries(then ?? {}).every(([name, version]) => now?.[name] === version);
}

async function readPackages(folder: string): Promise<Readonly<Record<string, string>>> {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    await readFile(join(folder, "package.json"), "utf8"),
  ) as Record<string, Record<string, string>>;
  return { ...dependencies, ...devDependencies };
}
