import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";

const PAGE_FILE = "web.html";
const WORKER_FILE = "sw.js";
const MANIFEST_FILE = "manifest.webmanifest";

/** What the installed page is to the system; its colours are those of renderer/theme/tokens.css, for the light theme. */
const manifest = {
  id: "/",
  name: "Pipit",
  short_name: "Pipit",
  description: "A small assistant that answers in streamed text and voice.",
  lang: "en",
  dir: "ltr",
  start_url: "/",
  scope: "/",
  display: "standalone",
  // The dark ones are in the page itself (renderer/web.html): a manifest has no place for two.
  theme_color: "#ffffff",
  background_color: "#ffffff",
} as const;

const icons = [
  { name: "page-192", sizes: "192x192", purpose: "any" },
  { name: "page-512", sizes: "512x512", purpose: "any" },
  { name: "page-maskable", sizes: "512x512", purpose: "maskable" },
] as const;

/**
 * Makes the page one that installs: its manifest, and the service worker with the list of what the page consists of.
 * Both stand beside the page under names that stay the same.
 *
 * @param root the repository
 */
export function pageShell(root: string): Plugin {
  const iconFiles = new Map<string, string>();
  return {
    name: "pipit:page-shell",
    apply: "build",
    async buildStart() {
      const worker = join(root, "renderer/shell/shell-worker.ts");
      this.emitFile({ type: "chunk", id: worker, fileName: WORKER_FILE });
      for (const { name } of icons) {
        const source = await this.fs.readFile(join(root, `assets/generated/${name}.png`));
        iconFiles.set(name, this.emitFile({ type: "asset", name: `${name}.png`, source }));
      }
    },
    generateBundle: {
      // After the pages have been written.
      order: "post",
      handler(_options, bundle) {
        const listed = icons.map(({ name, ...icon }) => ({
          src: `/${this.getFileName(iconFiles.get(name) ?? "")}`,
          type: "image/png",
          ...icon,
        }));
        const source = `${JSON.stringify({ ...manifest, icons: listed }, undefined, 2)}\n`;
        this.emitFile({ type: "asset", fileName: MANIFEST_FILE, source });
        fillWorker(bundle);
      },
    },
  };
}

/** @throws Error when the page or the worker is not what it must be */
function fillWorker(bundle: Rolldown.OutputBundle): void {
  const [page, worker] = [bundle[PAGE_FILE], bundle[WORKER_FILE]];
  if (page?.type !== "asset" || worker?.type !== "chunk") throw new Error("There is no page, or no worker.");
  if (worker.imports.length > 0) throw new Error(`${WORKER_FILE} must not import anything.`);
  const assets = [...assetsOf(bundle)].toSorted().map((file) => `/${file}`);
  const pageHash = hash(page.source);
  const version = hash(JSON.stringify([worker.code, pageHash, assets])).slice(0, 16);
  const shell = JSON.stringify({ version, page: pageHash, assets });
  if (!worker.code.includes("PAGE_SHELL")) throw new Error(`${WORKER_FILE} has no place for the list.`);
  worker.code = `const PAGE_SHELL=${shell};\n${worker.code}`;
}

/** What the page asks for, and what that asks for later; not what workers load, e.g. the reader of PDF files. */
function assetsOf(bundle: Rolldown.OutputBundle): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    const output = bundle[file];
    if (output?.type !== "chunk" || found.has(file)) return;
    found.add(file);
    for (const part of [
      ...(output.viteMetadata?.importedCss ?? []),
      ...(output.viteMetadata?.importedAssets ?? []),
    ])
      found.add(part);
    for (const next of [...output.imports, ...output.dynamicImports]) visit(next);
  };
  const entry = Object.values(bundle).find(
    (output) => output.type === "chunk" && output.facadeModuleId?.endsWith(`/${PAGE_FILE}`) === true,
  );
  if (entry === undefined) throw new Error(`${PAGE_FILE} has no script.`);
  visit(entry.fileName);
  return found;
}

function hash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
