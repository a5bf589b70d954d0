import { lstat, readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Logger } from "#server/domain/logger.ts";
import { ENCODINGS, type Encoding } from "./content-encoding.ts";
import { createWebFile, isServedType, type WebFile } from "./web-file.ts";

const PAGE_FILE = "web.html";
const ASSETS_FOLDER = "assets";
const suffixes: Readonly<Record<Encoding, string>> = { br: ".br", gzip: ".gz" };

/** The built page, all of it in memory: names are looked up among what was found, so none can lead anywhere else. */
export interface WebBuild {
  readonly page: WebFile;
  /** By path below `assets/`, with slashes. */
  readonly assets: ReadonlyMap<string, WebFile>;
}

/** Gives the build; undefined while there is none. Nothing is read before the first call, or again once it was found. */
export type WebBuildSource = () => Promise<WebBuild | undefined>;

export function createWebBuildSource(options: {
  readonly root: string;
  readonly logger: Logger;
}): WebBuildSource {
  let current: Promise<WebBuild | undefined> | undefined;
  return () => {
    current ??= read(options).then((build) => {
      // The next look may find one: no restart is needed after `npm run build`.
      if (build === undefined) current = undefined;
      return build;
    });
    return current;
  };
}

async function read({ root, logger }: { root: string; logger: Logger }): Promise<WebBuild | undefined> {
  try {
    const pagePath = join(root, PAGE_FILE);
    if (!(await lstat(pagePath)).isFile()) return undefined;
    const page = await readFile(pagePath);
    const assets = await readAssets(join(root, ASSETS_FOLDER));
    // Half a build, or one that is being replaced this very moment, would be a page that cannot start.
    const missing = assetsOf(page.toString("utf8")).find((name) => !assets.has(name));
    if (missing !== undefined) {
      logger.warn("web.build_incomplete", { root, missing });
      return undefined;
    }
    return { page: createWebFile(PAGE_FILE, page), assets };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTDIR") logger.error("web.build_unreadable", { root, error });
    return undefined;
  }
}

async function readAssets(folder: string): Promise<ReadonlyMap<string, WebFile>> {
  const bytes = new Map<string, Buffer>();
  // Links are neither files nor followed: what they point to is not part of the build.
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = relative(folder, path).split(sep).join("/");
      if (isServedType(name.replace(/\.(?:br|gz)$/, ""))) bytes.set(name, await readFile(path));
    }),
  );
  const assets = new Map<string, WebFile>();
  for (const [name, body] of bytes) {
    if (!isServedType(name) || name.endsWith(".html")) continue;
    const compressed = new Map<Encoding, Buffer>();
    for (const encoding of ENCODINGS) {
      const found = bytes.get(name + suffixes[encoding]);
      if (found !== undefined) compressed.set(encoding, found);
    }
    assets.set(name, createWebFile(name, body, compressed));
  }
  return assets;
}

function assetsOf(html: string): readonly string[] {
  return [...html.matchAll(/(?:src|href)="\/assets\/([^"?#]+)"/g)].map(([, name = ""]) => name);
}
