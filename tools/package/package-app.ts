import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, DIR_TARGET, Platform } from "electron-builder";
import { buildParts } from "../build/build-part.ts";
import { packedParts } from "../build/pipit-parts.ts";
import { archOf, builderConfig, type PackageOptions } from "./builder-config.ts";
import type { PackagePlatform } from "./shipped-packages.ts";
import { signUpdateLists } from "./sign-updates.ts";
import { stageApp } from "./stage-app.ts";

export interface PackageRequest extends Omit<PackageOptions, "outDir" | "electronVersion"> {
  /** The repository. */
  readonly root: string;
  /** Where the app is put together and packed; default dist/package. */
  readonly workDir: string;
  /** Only the app's folder, no installers. */
  readonly dirOnly: boolean;
  /** Ed25519, private: signs the lists of updates. */
  readonly updateKey: KeyObject | undefined;
  readonly say: (line: string) => void;
}

/** Where everything of one machine lies. */
export function packageFolders(workDir: string, { os, cpu }: PackagePlatform) {
  const folder = join(workDir, `${os}-${cpu}`);
  return { app: join(folder, "app"), out: join(folder, "out") } as const;
}

/** Builds what is stale and packs it for one machine; resolves to the paths of the installers. */
export async function packageApp(request: PackageRequest, signal: AbortSignal): Promise<readonly string[]> {
  const { root, platform, updateKey, say } = request;
  if (request.updateUrl !== undefined && updateKey === undefined)
    throw new Error(
      "An address of updates needs the key that signs them: PIPIT_UPDATE_KEY (docs/releasing.md).",
    );
  await buildParts(packedParts(root), { root, say }, signal);
  const { app, out } = packageFolders(request.workDir, platform);
  say(`${platform.os}-${platform.cpu}: packages of that machine`);
  await stageApp(root, app, platform, updateKey, signal);
  signal.throwIfAborted();
  say(`${platform.os}-${platform.cpu}: packing`);
  const target = { darwin: Platform.MAC, win32: Platform.WINDOWS, linux: Platform.LINUX }[platform.os];
  const config = builderConfig({ ...request, outDir: out, electronVersion: await electronVersionOf(root) });
  const targets = target.createTarget(request.dirOnly ? DIR_TARGET : null, archOf(platform));
  const made = await build({ projectDir: app, config, publish: "never", targets });
  const lists = updateKey === undefined ? [] : await signUpdateLists(out, updateKey);
  return [...made, ...lists];
}

async function electronVersionOf(root: string): Promise<string> {
  const text = await readFile(join(root, "node_modules/electron/package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
