import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { extractFile, getRawHeader, listPackage, statFile } from "@electron/asar";
import { FuseState, FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import type { PackagePlatform } from "../shipped-packages.ts";
import { parseSync } from "vite";
import { externals } from "../../build/externals.ts";
import { readNativeHeader, type NativeHeader } from "./native-header.ts";

/** What a packed app holds, read from its files. */
export type PackedApp = Awaited<ReturnType<typeof inspectPackage>>;

/** Programs and libraries, which the system loads by their path. */
const NATIVE = /\.(node|dylib|dll|so)(\.[\d.]+)?$/u;

/** @param outDir where electron-builder has put the app's folder */
export async function inspectPackage(outDir: string, platform: PackagePlatform) {
  const at = await findParts(outDir, platform);
  const asar = join(at.resources, "app.asar");
  const entries = listPackage(asar, { isPack: false }).map((path) => path.split(sep).join("/").slice(1));
  const files = entries.filter((path) => !("files" in statFile(asar, path)));
  const unpacked = await filesBelow(`${asar}.unpacked`);
  const programs = programsOf(asar, files);
  const natives = await Promise.all(
    unpacked
      .filter((path) => NATIVE.test(path))
      .map(async (path) => ({ path, header: await readNativeHeader(join(`${asar}.unpacked`, path)) })),
  );
  return {
    platform,
    /** Everything that the archive lists, also what lies beside it. */
    files,
    /** Native files that lie in the archive, where the system cannot load them. */
    packedNatives: files.filter((path) => NATIVE.test(path) && !unpacked.includes(path)),
    natives: natives as readonly { readonly path: string; readonly header: NativeHeader | undefined }[],
    packages: packagesOf(asar, files),
    /** What the programs load by name: packages, "electron", and Node's own modules. */
    imports: importsOf(programs),
    loadedFiles: loadedFilesOf(programs),
    asarBytes: (await stat(asar)).size,
    unpackedBytes: await sizeOf(`${asar}.unpacked`, unpacked),
    /** As Electron computes it: over the archive's header, which holds the hash of every file. */
    asarHash: createHash("sha256").update(getRawHeader(asar).headerString).digest("hex"),
    fuses: await readFuses(at.program),
    licences: await readFile(join(at.resources, "licences.txt"), "utf8"),
    infoPlist: at.infoPlist === undefined ? undefined : await readFile(at.infoPlist, "utf8"),
  };
}

async function findParts(outDir: string, { os }: PackagePlatform) {
  const suffix = { darwin: /^mac(-arm64)?$/u, win32: /^win.*-unpacked$/u, linux: /^linux.*-unpacked$/u }[os];
  const name = (await readdir(outDir)).find((one) => suffix.test(one));
  if (name === undefined) throw new Error(`There is no packed app in ${outDir}`);
  const folder = join(outDir, name);
  if (os === "darwin") {
    const contents = join(folder, "Pipit.app/Contents");
    const program = join(folder, "Pipit.app");
    return { resources: join(contents, "Resources"), program, infoPlist: join(contents, "Info.plist") };
  }
  const program = join(folder, os === "win32" ? "Pipit.exe" : "pipit");
  return { resources: join(folder, "resources"), program, infoPlist: undefined };
}

/** States of the fuses by name: "on" or "off". */
async function readFuses(program: string): Promise<Readonly<Record<string, string>>> {
  const wire: object = await getCurrentFuseWire(program);
  return Object.fromEntries(
    Object.entries(wire).flatMap(([index, state]) => {
      const name = FuseV1Options[Number(index)];
      if (index === "version" || name === undefined) return [];
      return [[name, state === FuseState.ENABLE ? "on" : "off"]];
    }),
  );
}

/** Name and version of each, sorted; electron-builder may put one in another folder than npm. */
function packagesOf(asar: string, files: readonly string[]): readonly string[] {
  const manifest = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/u;
  const names = files
    .filter((path) => manifest.test(path))
    .map((path) => {
      const { name, version } = JSON.parse(readText(asar, path)) as { name: string; version: string };
      return `${name}@${version}`;
    });
  return [...new Set(names)].toSorted();
}

function programsOf(
  asar: string,
  files: readonly string[],
): readonly (readonly [path: string, code: string])[] {
  return files
    .filter((path) => /^dist\/(cli|electron|server)\/[^/]+\.c?js$/u.test(path))
    .map((path) => [path, readText(asar, path)] as const);
}

function importsOf(programs: ReturnType<typeof programsOf>): readonly string[] {
  const names = programs.flatMap(([path, code]) => {
    const { staticImports, dynamicImports } = parseSync(path, code).module;
    return [
      ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
      // One that is computed names no package: our programs find each other so.
      ...dynamicImports
        .map(({ moduleRequest: { start, end } }) => code.slice(start, end))
        .flatMap((text) => /^["'`]([^$]*)["'`]$/u.exec(text)?.[1] ?? []),
      ...[...code.matchAll(/\b__require\("([^"]+)"\)/gu)].map(([, name = ""]) => name),
    ];
  });
  return [...new Set(names.filter((name) => /^[@a-z]/u.test(name)))].toSorted();
}

/** Files of packages that programs name by their path, in whichever way they load them. */
function loadedFilesOf(programs: ReturnType<typeof programsOf>): readonly string[] {
  const named = new RegExp(`["'\`]((?:${externals.join("|")})/[^"'\`\\s]+\\.[a-z]+)["'\`]`, "gu");
  const paths = programs.flatMap(([, code]) =>
    [...code.matchAll(named)].map(([, path = ""]) => `node_modules/${path}`),
  );
  return [...new Set(paths)].toSorted();
}

function readText(asar: string, path: string): string {
  return extractFile(asar, path).toString("utf8");
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted();
}

async function sizeOf(folder: string, paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(join(folder, path))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
