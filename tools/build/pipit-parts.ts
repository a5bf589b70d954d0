import { join } from "node:path";
import type { BuildPart } from "./build-part.ts";
import { precompress } from "./precompress.ts";

/** What both builds depend on. */
const shared = ["contract", "engine", "proto/gen", "package.json", "package-lock.json"];

/** The window's pages for app:// and for browsers, with what the server needs to send them compressed. */
export function windowPart(root: string): BuildPart {
  return {
    name: "window",
    inputs: [...shared, "renderer", "assets", "vite.config.ts"],
    outDir: "dist/renderer",
    async build(outDir) {
      await viteBuild(root, "vite.config.ts", outDir);
      await precompress(outDir);
    },
  };
}

/** Loaded only when something is stale: it costs more than everything else of a start. */
async function viteBuild(root: string, config: string, outDir: string): Promise<void> {
  const { build } = await import("vite");
  await build({
    configFile: join(root, config),
    build: { outDir, emptyOutDir: true },
    logLevel: "warn",
  });
}

/** Everything that the desktop app needs. */
export function allParts(root: string): readonly BuildPart[] {
  return [windowPart(root)];
}
