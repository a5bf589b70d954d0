import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { createPublicKey, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { outputsOf } from "../build/build-stamp.ts";
import type { BuildPart } from "../build/build-part.ts";
import { externals } from "../build/externals.ts";
import { packedParts } from "../build/pipit-parts.ts";
import { licenceTexts } from "./licences.ts";
import { neededPackages, type Lock, type PackagePlatform } from "./shipped-packages.ts";

/** What of package.json an installed app needs. */
const manifestKeys = [
  "name",
  "version",
  "description",
  "license",
  "author",
  "homepage",
  "type",
  "main",
  "desktopName",
];

/** package.json and package-lock.json of the app: its native packages, and no other. */
interface AppManifest {
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The whole lockfile; its packages are those of all machines, because npm wants them all locked. */
  readonly lock: Readonly<Record<string, unknown>>;
  /** All packages of which the app has code, in its bundles or beside them. */
  readonly licensed: (platform: PackagePlatform) => Lock;
}

/** @throws Error when an external package is no dependency */
export async function readAppManifest(root: string): Promise<AppManifest> {
  const own = await readJson<Record<string, unknown> & { dependencies: Record<string, string> }>(
    join(root, "package.json"),
  );
  const lockfile = await readJson<{ packages: Lock }>(join(root, "package-lock.json"));
  const dependencies = Object.fromEntries(
    externals.map((name) => {
      const version = own.dependencies[name];
      if (version === undefined) throw new Error(`${name} is external and no dependency in package.json`);
      return [name, version];
    }),
  );
  const kept = Object.fromEntries(manifestKeys.filter((key) => key in own).map((key) => [key, own[key]]));
  const { name, version } = own;
  const app = { name, version, dependencies };
  const { packages } = lockfile;
  return {
    manifest: { ...kept, productName: "Pipit", dependencies },
    lock: { ...lockfile, packages: { "": app, ...neededPackages(packages, externals) } },
    licensed: (platform) => neededPackages(packages, Object.keys(own.dependencies), platform),
  };
}

/**
 * Makes a folder that electron-builder can pack: the built programs, and the packages that belong on that machine. On
 * another machine than this one npm would otherwise leave its native parts out and put ours in.
 *
 * @param folder is made anew
 * @param updateKey private; the app keeps its public half, and takes no update that is not signed with it
 */
export async function stageApp(
  root: string,
  folder: string,
  platform: PackagePlatform,
  updateKey: KeyObject | undefined,
  signal: AbortSignal,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { manifest, lock, licensed } = await readAppManifest(root);
  const sealed = { ...manifest, ...(updateKey === undefined ? {} : { updateKey: publicHalf(updateKey) }) };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(sealed, null, 2)}\n`);
  await writeFile(join(folder, "package-lock.json"), `${JSON.stringify(lock, null, 2)}\n`);
  await copyFile(join(root, ".npmrc"), join(folder, ".npmrc"));
  const { os, cpu } = platform;
  const machine = [`--os=${os}`, `--cpu=${cpu}`, ...(os === "linux" ? ["--libc=glibc"] : [])];
  await runNpm(["ci", ...machine, "--ignore-scripts", "--prefer-offline"], folder, signal);
  for (const part of packedParts(root)) await copyBuilt(root, part, folder);
  await cp(join(root, "assets/tray"), join(folder, "assets/tray"), { recursive: true });
  await writeFile(join(folder, "licences.txt"), await licenceTexts(licensed(platform), [folder, root]));
}

function publicHalf(key: KeyObject): string {
  return createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64");
}

/** What its last build wrote: its folder also holds files of earlier builds, for programs that still run. */
async function copyBuilt(root: string, { name, outDir }: BuildPart, folder: string): Promise<void> {
  for (const path of outputsOf(root, name)) {
    const target = join(folder, outDir, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(root, outDir, path), target);
  }
}

/** @throws Error with npm's last words */
async function runNpm(args: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
  const isWindows = process.platform === "win32";
  const child = spawn(isWindows ? "npm.cmd" : "npm", args, {
    cwd: folder,
    shell: isWindows,
    stdio: ["ignore", "ignore", "pipe"],
    signal,
  });
  const words = text(child.stderr);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`npm ${args.join(" ")} ended with ${code}: ${(await words).trim()}`);
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}
