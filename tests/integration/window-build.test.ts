import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot } from "#tools/test/command.ts";
import { buildParts } from "#tools/build/build-part.ts";
import { windowPart } from "#tools/build/pipit-parts.ts";

const built = join(repositoryRoot, "dist", "renderer");
const MOST_INITIAL_BYTES = 250 * 1024;

/** What the page itself names. */
let scripts: readonly string[];
/** What it loads besides on every visit, to reach its server. */
let connecting: readonly string[];
beforeAll(async () => {
  const options = { root: repositoryRoot, say: () => undefined };
  await buildParts([windowPart(repositoryRoot)], options, AbortSignal.timeout(60_000));
  const page = await readFile(join(built, "web.html"), "utf8");
  const paths = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path = ""]) => path);
  scripts = await Promise.all(paths.map((path) => readFile(join(built, path), "utf8")));
  const parts = await readdir(join(built, "assets"));
  connecting = await Promise.all(
    parts
      .filter((name) => /^page-transport-.*\.js$/.test(name))
      .map((name) => readFile(join(built, "assets", name), "utf8")),
  );
});

describe("the window that is built", () => {
  test("is the production version, whoever builds it", () => {
    expect(process.env["NODE_ENV"]).toBe("test");
    expect(scripts.join("")).toContain("Minified React error");
  });

  test("asks a first visit for 250 KB of scripts at most, compressed", () => {
    expect(connecting).toHaveLength(1);
    const bytes = [...scripts, ...connecting].reduce((sum, script) => sum + gzipSync(script).byteLength, 0);
    expect(bytes).toBeGreaterThan(100 * 1024);
    expect(bytes).toBeLessThanOrEqual(MOST_INITIAL_BYTES);
  });
});
