import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildParts, type BuildPart } from "./build-part.ts";
import { precompress } from "./precompress.ts";

let root: string;
let builds: number;
let lines: string[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pipit-build-"));
  builds = 0;
  lines = [];
  await mkdir(join(root, "src", "deep"), { recursive: true });
  await writeFile(join(root, "src", "a.ts"), "one");
  await writeFile(join(root, "src", "deep", "b.ts"), "two");
});
afterEach(() => rm(root, { recursive: true, force: true }));

function part(rest: Partial<BuildPart> = {}): BuildPart {
  return {
    name: "window",
    inputs: ["src", "package-lock.json"],
    outDir: "dist/renderer",
    async build(outDir) {
      builds += 1;
      await writeFile(join(outDir, "page.js"), await readFile(join(root, "src", "a.ts")));
    },
    ...rest,
  };
}

function build(parts: readonly BuildPart[] = [part()], force = false): Promise<void> {
  const options = { root, force, say: (line: string) => void lines.push(line) };
  return buildParts(parts, options, AbortSignal.timeout(60_000));
}

const page = (): Promise<string> => readFile(join(root, "dist/renderer/page.js"), "utf8");

describe("buildParts", () => {
  test("builds once, and again only when an input changed", async () => {
    await build();
    await build();
    expect([builds, await page()]).toEqual([1, "one"]);
    expect(lines).toEqual([expect.stringMatching(/^window: built in \d+\.\d s$/), "window: up to date"]);
    await writeFile(join(root, "src", "a.ts"), "changed");
    await build();
    expect([builds, await page()]).toEqual([2, "changed"]);
  });

  test.each([
    ["a new file", () => writeFile(join(root, "src", "c.ts"), "")],
    ["a file that is gone", () => rm(join(root, "src", "deep", "b.ts"))],
    ["other packages", () => writeFile(join(root, "package-lock.json"), "{}")],
    ["a result that was deleted", () => rm(join(root, "dist/renderer/page.js"))],
    ["a result that somebody else wrote", () => writeFile(join(root, "dist/renderer/page.js"), "other")],
    ["a stamp that cannot be read", () => writeFile(join(root, "dist/.stamp-window.json"), "{")],
  ])("%s makes it stale", async (_, change) => {
    await build();
    await change();
    await build();
    expect([builds, await page()]).toEqual([2, "one"]);
  });

  test("a changed test makes nothing stale", async () => {
    await build();
    await writeFile(join(root, "src", "a.test.ts"), "test");
    await build();
    expect(builds).toBe(1);
  });

  test("builds what is fresh when forced", async () => {
    await build();
    await build([part()], true);
    expect(builds).toBe(2);
  });

  test("two at once build each part once, and the second waits, or leaves it to the first", async () => {
    const gate = Promise.withResolvers<void>();
    const slow = part({
      async build(outDir) {
        builds += 1;
        await gate.promise;
        await writeFile(join(outDir, "page.js"), "slow");
      },
    });
    const both = [build([slow]), build([slow])];
    await expect.poll(() => lines).toContain("waiting for another build");
    const say = (line: string) => void lines.push(line);
    await buildParts([slow], { root, unlessBuilding: true, say }, AbortSignal.timeout(60_000));
    expect(lines.at(-1)).toBe("left to another build");
    gate.resolve();
    await Promise.all(both);
    expect([builds, await page()]).toEqual([1, "slow"]);
    expect(lines).toContain("window: built meanwhile");
  });

  test("the files of the build before stay for what is open or runs from it, and no longer", async () => {
    const named = part({
      async build(outDir) {
        const content = await readFile(join(root, "src", "a.ts"), "utf8");
        await writeFile(join(outDir, `late-${content}.js`), content);
        await writeFile(join(outDir, "page.html"), content);
        // Of a content that gains by it.
        if (content === "one") await writeFile(join(outDir, "page.html.gz"), "");
      },
    });
    const files = () => readdir(join(root, "dist/renderer"));
    await build([named]);
    await writeFile(join(root, "src", "a.ts"), "second");
    await build([named]);
    expect((await files()).toSorted()).toEqual(["late-one.js", "late-second.js", "page.html"]);
    await writeFile(join(root, "src", "a.ts"), "the third");
    await build([named]);
    expect((await files()).toSorted()).toEqual(["late-second.js", "late-the third.js", "page.html"]);
    await rm(join(root, "dist/renderer/late-second.js"));
    await build([named]);
    expect(lines.at(-1)).toBe("window: up to date");
  });

  test("a build that fails leaves the old result, and is tried again", async () => {
    await build();
    await writeFile(join(root, "src", "a.ts"), "broken");
    const broken = part({ build: () => Promise.reject(new Error("syntax")) });
    await expect(build([broken])).rejects.toThrow("syntax");
    expect(await page()).toBe("one");
    expect(await readdir(join(root, "dist"))).not.toContain("renderer.next");
    await build();
    expect(await page()).toBe("broken");
  });
});

describe("precompress", () => {
  test("puts brotli and gzip beside text that shrinks, and nothing beside the rest", async () => {
    const text = "const bird = 'pipit';\n".repeat(200);
    await writeFile(join(root, "src", "page.js"), text);
    await writeFile(join(root, "src", "small.js"), "1");
    await writeFile(join(root, "src", "picture.png"), text);
    await precompress(join(root, "src"));
    const files = (await readdir(join(root, "src"))).filter((name) => /\.(?:br|gz)$/.test(name));
    expect(files.toSorted()).toEqual(["page.js.br", "page.js.gz"]);
    expect(brotliDecompressSync(await readFile(join(root, "src", "page.js.br"))).toString()).toBe(text);
    expect(gunzipSync(await readFile(join(root, "src", "page.js.gz"))).toString()).toBe(text);
  });
});
