import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { createWebBuildSource } from "./web-build.ts";
import type { WebFile } from "./web-file.ts";

const page = '<script type="module" src="/assets/web-1.js"></script>';
const script = "export const bird = 1;\n".repeat(100);

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-web-"));
  root = join(folder, "renderer");
  await mkdir(join(root, "assets", "fonts"), { recursive: true });
  await writeFile(join(root, "web.html"), page);
  await writeFile(join(root, "desktop.html"), "desktop");
  await writeFile(join(root, "assets", "web-1.js"), script);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function source() {
  const logger = createRecordingLogger();
  return { logger, build: createWebBuildSource({ root, logger }) };
}

async function asset(name: string): Promise<WebFile> {
  const file = (await source().build())?.assets.get(name);
  if (file === undefined) throw new Error(`no ${name}`);
  return file;
}

test("holds the page and its files, in folders too, and nothing that is not for the page", async () => {
  await writeFile(join(root, "assets", "fonts", "main.woff2"), "font");
  await writeFile(join(root, "assets", "web-1.js.map"), "{}");
  await writeFile(join(root, "assets", "notes.txt"), "x");
  await writeFile(join(root, "assets", "other.html"), "x");
  const build = await source().build();
  expect([...(build?.assets.keys() ?? [])].toSorted()).toEqual(["fonts/main.woff2", "web-1.js"]);
  expect((await build?.page.form([]))?.body.toString()).toBe(page);
});

test("does not follow links out of the build", async () => {
  await writeFile(join(folder, "secret.js"), "secret");
  await mkdir(join(folder, "more"));
  await writeFile(join(folder, "more", "secret.js"), "secret");
  await symlink(join(folder, "secret.js"), join(root, "assets", "link.js"));
  await symlink(join(folder, "more"), join(root, "assets", "more"));
  expect([...((await source().build())?.assets.keys() ?? [])]).toEqual(["web-1.js"]);
});

test("a page that is a link is no build", async () => {
  await rm(join(root, "web.html"));
  await symlink(join(root, "desktop.html"), join(root, "web.html"));
  expect(await source().build()).toBeUndefined();
});

test("is read once, so that a page and its files are always of one build", async () => {
  const { build } = source();
  const [first, second] = await Promise.all([build(), build()]);
  await rm(root, { recursive: true });
  expect(second).toBe(first);
  expect(await build()).toBe(first);
});

test("is looked for again while there is none", async () => {
  await rm(join(root, "web.html"));
  const { build, logger } = source();
  expect(await build()).toBeUndefined();
  expect(logger.lines).toEqual([]);
  await writeFile(join(root, "web.html"), page);
  expect(await build()).toBeDefined();
});

test("another build is served as soon as it is there", async () => {
  const { build } = source();
  await build();
  await rm(root, { recursive: true });
  await mkdir(root);
  await writeFile(join(root, "web.html"), "newer");
  await mkdir(join(root, "assets"));
  expect((await (await build())?.page.form([]))?.body.toString()).toBe("newer");
});

test("half a build is none, and the log says which file is missing", async () => {
  await rm(join(root, "assets", "web-1.js"));
  const { build, logger } = source();
  expect(await build()).toBeUndefined();
  expect(logger.lines).toMatchObject([
    { level: "warn", event: "web.build_incomplete", fields: { missing: "web-1.js" } },
  ]);
});

test("each form of a file has its own tag and is made once", async () => {
  const file = await asset("web-1.js");
  const [plain, br, gzip] = await Promise.all([file.form([]), file.form(["br"]), file.form(["gzip"])]);
  expect(new Set([plain.etag, br.etag, gzip.etag]).size).toBe(3);
  expect(brotliDecompressSync(br.body).toString()).toBe(script);
  expect((await file.form(["br", "gzip"])).body).toBe(br.body);
});

test.each([
  ["small.css", "a{}"],
  ["image.png", "x".repeat(5000)],
])("%s gains nothing by compression, and stays as it is", async (name, content) => {
  await writeFile(join(root, "assets", name), content);
  const file = await asset(name);
  expect(file.varies).toBe(false);
  expect(await file.form(["br"])).toMatchObject({ encoding: undefined, body: Buffer.from(content) });
});

test("what the build compressed itself is sent as it is, the page too", async () => {
  await writeFile(join(root, "assets", "web-1.js.br"), "compressed by the build");
  await writeFile(join(root, "web.html.gz"), "small page");
  const build = await source().build();
  expect((await build?.assets.get("web-1.js")?.form(["br"]))?.body.toString()).toBe(
    "compressed by the build",
  );
  expect((await build?.page.form(["gzip"]))?.body.toString()).toBe("small page");
  expect([...(build?.assets.keys() ?? [])]).toEqual(["web-1.js"]);
});
