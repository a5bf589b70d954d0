import { createHash } from "node:crypto";
import { access, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot } from "#tools/test/command.ts";
import { buildParts } from "#tools/build/build-part.ts";
import { windowPart } from "#tools/build/pipit-parts.ts";

const built = join(repositoryRoot, "dist", "renderer");
const MOST_INITIAL_BYTES = 250 * 1024;
const BUILT_WITHIN_MS = 10 * 60_000;

/** What the page itself names. */
let scripts: readonly string[];
/** What it loads besides on every visit, to reach its server. */
let connecting: readonly string[];
beforeAll(async () => {
  const options = { root: repositoryRoot, say: () => undefined };
  await buildParts([windowPart(repositoryRoot)], options, AbortSignal.timeout(BUILT_WITHIN_MS));
  const page = await readFile(join(built, "web.html"), "utf8");
  const paths = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path = ""]) => path);
  scripts = await Promise.all(paths.map((path) => readFile(join(built, path), "utf8")));
  const parts = await readdir(join(built, "assets"));
  connecting = await Promise.all(
    parts
      .filter((name) => /^page-transport-.*\.js$/.test(name))
      .map((name) => readFile(join(built, "assets", name), "utf8")),
  );
}, BUILT_WITHIN_MS);

describe("the window that is built", () => {
  test("is the production version, whoever builds it", () => {
    expect(process.env["NODE_ENV"]).toBe("test");
    expect(scripts.join("")).toContain("Minified React error");
  });

  test("names in its service worker all that the page loads, now or later, and nothing of the desktop's", async () => {
    const worker = await readFile(join(built, "sw.js"), "utf8");
    const list = /^const PAGE_SHELL=(\{.*\});$/m.exec(worker)?.[1] ?? "{}";
    const { page, assets } = JSON.parse(list) as {
      readonly page: string;
      readonly assets: readonly string[];
    };
    const html = await readFile(join(built, "web.html"));
    expect(page).toBe(createHash("sha256").update(html).digest("hex"));
    await Promise.all(assets.map((path) => access(join(built, path))));
    const named = (name: string) => assets.filter((path) => path.startsWith(`/assets/${name}-`)).length;
    expect(["web", "sidebar", "formula", "inter-latin-wght-normal"].map(named)).toEqual([1, 1, 1, 1]);
    expect(["desktop", "overlay", "pdfjs"].map(named)).toEqual([0, 0, 0]);
    const shown = [...html.toString().matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    expect(shown.filter((path) => path === undefined || !assets.includes(path))).toEqual([]);
  });

  test("asks a first visit for 250 KB of scripts at most, compressed", () => {
    expect(connecting).toHaveLength(1);
    const bytes = [...scripts, ...connecting].reduce((sum, script) => sum + gzipSync(script).byteLength, 0);
    expect(bytes).toBeGreaterThan(100 * 1024);
    expect(bytes).toBeLessThanOrEqual(MOST_INITIAL_BYTES);
  });
});
