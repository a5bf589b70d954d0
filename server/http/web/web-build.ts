import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Logger } from "#contract/logger.ts";
import { systemCodeOf } from "#contract/system-error.ts";
import { ENCODINGS, type Encoding } from "./content-encoding.ts";
import { createWebFile, isServedType, type WebFile } from "./web-file.ts";

const PAGE_FILE = "web.html";
/** What stands beside the page under a name that stays the same (tools/build/page-shell.ts). */
export const FIXED_FILES = ["sw.js", "manifest.webmanifest"] as const;
const ASSETS_FOLDER = "assets";
const suffixes: Readonly<Record<Encoding, string>> = { br: ".br", gzip: ".gz" };

/** The built page, all of it in memory: names are looked up among what was found, so none can lead anywhere else. */
interface WebBuild {
  readonly page: WebFile;
  /** Of {@link FIXED_FILES}, those that the build has. */
  readonly fixed: ReadonlyMap<string, WebFile>;
  /** Files by their path below `assets/`, with slashes. */
  readonly assets: ReadonlyMap<string, WebFile>;
}

interface WebBuildOptions {
  readonly root: string;
  readonly logger: Logger;
}

/** Gives the build; undefined while there is none. It is read at the first call, and again when another one is there. */
export type WebBuildSource = () => Promise<WebBuild | undefined>;

export function createWebBuildSource(options: WebBuildOptions): WebBuildSource {
  let current:
    | { readonly writtenAtMs: number | undefined; readonly build: Promise<WebBuild | undefined> }
    | undefined;
  return async () => {
    // No restart is needed after a build. While a folder takes the other's place there is no file: then the old serves.
    const { mtimeMs } = await stat(join(options.root, PAGE_FILE)).catch(() => ({ mtimeMs: undefined }));
    if (current === undefined || (mtimeMs !== undefined && mtimeMs !== current.writtenAtMs)) {
      current = { writtenAtMs: mtimeMs, build: read(options) };
    }
    const build = await current.build;
    if (build === undefined) current = undefined;
    return build;
  };
}

async function read({ root, logger }: WebBuildOptions): Promise<WebBuild | undefined> {
  try {
    const [beside, assets] = await Promise.all([
      readFiles(root, [PAGE_FILE, ...FIXED_FILES].flatMap(withForms)),
      readFiles(join(root, ASSETS_FOLDER)),
    ]);
    const html = beside.get(PAGE_FILE);
    if (html === undefined) return undefined;
    const build = {
      page: toWebFile(PAGE_FILE, html, beside),
      fixed: new Map(
        FIXED_FILES.flatMap((name) => {
          const body = beside.get(name);
          return body === undefined ? [] : [[name, toWebFile(name, body, beside)] as const];
        }),
      ),
      assets: new Map(
        [...assets]
          .filter(([name]) => isServedType(name) && !name.endsWith(".html"))
          .map(([name, body]) => [name, toWebFile(name, body, assets)] as const),
      ),
    };
    // Half a build, or one that is being replaced this very moment, would be a page that cannot start.
    const missing = assetsOf(html.toString("utf8")).find((name) => !build.assets.has(name));
    if (missing === undefined) return build;
    logger.warn("web.build_incomplete", { root, missing });
    return undefined;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") logger.error("web.build_unreadable", { root, error });
    return undefined;
  }
}

type Files = ReadonlyMap<string, Buffer>;

/** Its name, and those of what the build compressed of it. */
function withForms(name: string): readonly string[] {
  return [name, ...Object.values(suffixes).map((suffix) => name + suffix)];
}

/** Links are neither files nor followed: what they point to is not part of the build. */
async function readFiles(folder: string, only?: readonly string[]): Promise<Files> {
  const entries = await readdir(folder, { recursive: only === undefined, withFileTypes: true });
  const files = new Map<string, Buffer>();
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = relative(folder, path).split(sep).join("/");
      const wanted = only?.includes(name) ?? isServedType(name.replace(/\.(?:br|gz)$/, ""));
      if (entry.isFile() && wanted) files.set(name, await readFile(path));
    }),
  );
  return files;
}

/** The file with what the build compressed of it. */
function toWebFile(name: string, body: Buffer, files: Files): WebFile {
  const compressed = new Map<Encoding, Buffer>();
  for (const encoding of ENCODINGS) {
    const found = files.get(name + suffixes[encoding]);
    if (found !== undefined) compressed.set(encoding, found);
  }
  return createWebFile(name, body, compressed);
}

function assetsOf(html: string): readonly string[] {
  return [...html.matchAll(/(?:src|href)="\/assets\/([^"?#]+)"/g)].map(([, name = ""]) => name);
}
