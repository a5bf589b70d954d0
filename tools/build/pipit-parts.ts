import { join } from "node:path";
import type { InlineConfig } from "vite";
import { inProduction } from "./config.ts";
import { buildParts, type BuildPart } from "./build-part.ts";
import { precompress } from "./precompress.ts";

/** What all parts depend on. */
const shared = ["contract", "proto/gen", "package.json", "package-lock.json", "tools/build"];

/** The window's pages for app:// and for browsers, with what the server needs to send them compressed. */
export function windowPart(root: string): BuildPart {
  return {
    name: "window",
    inputs: [...shared, "engine", "renderer", "assets", "vite.config.ts"],
    outDir: "dist/renderer",
    async build(outDir) {
      await viteBuild(root, "vite.config.ts", outDir);
      await precompress(outDir);
    },
  };
}

/** The window on a scripted host, for tests and benchmarks; no program of ours has it. */
export function galleryPart(root: string): BuildPart {
  return {
    name: "gallery",
    inputs: [...shared, "engine", "renderer", "assets"],
    outDir: "dist/gallery",
    build: (outDir) => viteBuild(root, "renderer/gallery/vite.config.ts", outDir),
  };
}

/** Loaded only when something is stale: it costs more than everything else of a start. */
async function viteBuild(root: string, config: string, outDir: string): Promise<void> {
  const { build } = await import("vite");
  const options: InlineConfig = {
    configFile: join(root, config),
    build: { outDir, emptyOutDir: true },
    logLevel: "warn",
  };
  await inProduction(() => build(options));
}

/** The desktop app's main process, its preload script and its helper programs. */
function appPart(root: string): BuildPart {
  return {
    name: "app",
    inputs: [...shared, "engine", "electron", "vite.electron.config.ts"],
    outDir: "dist/electron",
    build: (outDir) => buildAll(root, (config) => config.electronConfigs(outDir)),
  };
}

/** The terminal client: one file in place of some 500, which is what its start costs. */
export function cliPart(root: string): BuildPart {
  return {
    name: "cli",
    inputs: [...shared, "engine", "cli", "vite.electron.config.ts"],
    outDir: "dist/cli",
    build: (outDir) => buildAll(root, (config) => config.cliConfigs(outDir)),
  };
}

/** The server's programs. */
export function serverPart(root: string): BuildPart {
  return {
    name: "server",
    inputs: [...shared, "server", "vite.electron.config.ts"],
    outDir: "dist/server",
    build: (outDir) => buildAll(root, (config) => config.serverConfigs(outDir)),
  };
}

/** Everything that the desktop app needs. */
export function allParts(root: string): readonly BuildPart[] {
  return [windowPart(root), appPart(root), serverPart(root)];
}

/** Everything that a packaged app has: it is its own terminal client, too. */
export function packedParts(root: string): readonly BuildPart[] {
  return [...allParts(root), cliPart(root)];
}

/** vite.electron.config.ts; read when it is needed, because it belongs to the configs and not to the tools. */
interface ElectronConfigFile {
  electronConfigs(outDir: string): readonly InlineConfig[];
  cliConfigs(outDir: string): readonly InlineConfig[];
  serverConfigs(outDir: string): readonly InlineConfig[];
}

async function buildAll(
  root: string,
  configs: (file: ElectronConfigFile) => readonly InlineConfig[],
): Promise<void> {
  const { build } = await import("vite");
  const file = (await import(join(root, "vite.electron.config.ts"))) as ElectronConfigFile;
  await inProduction(async () => {
    for (const config of configs(file)) await build(config);
  });
}

/**
 * Path of the built server's program, which is ready in a third of the time of `server/main.ts`; built now if it is
 * missing or stale (about 2 s, once for all who ask). For tests and benchmarks, which start many servers.
 */
export async function builtServerEntry(root: string, signal: AbortSignal): Promise<string> {
  const part = serverPart(root);
  await buildParts([part], { root, say: () => undefined }, signal);
  return join(root, part.outDir, "main.js");
}
