import { copyFile, glob, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { crowdedFolders, folderCycles } from "#tools/test/folder-rules.ts";
import { plantedFaults, soundFiles } from "#tools/test/planted-faults.ts";

/** What oxlint's JSON report holds of one finding. */
interface Finding {
  readonly code: string;
  readonly filename: string;
}

describe("the lint guard", () => {
  let folder: string;
  let findings: readonly Finding[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pipit-architecture-"));
    const files = {
      ...soundFiles,
      ...Object.fromEntries(plantedFaults.map((fault) => [fault.path, fault.code])),
    };
    await plant(folder, files);
    // Copied, not named by -c: the folders of a configuration are relative to where it lies.
    await copyFile(join(repositoryRoot, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    const args = ["--format", "json"];
    const result = await runCommand("oxlint", args, { cwd: folder }, AbortSignal.timeout(60_000));
    findings = (JSON.parse(result.stdout) as { diagnostics: readonly Finding[] }).diagnostics;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(plantedFaults)("reports $path: $why", ({ path, rule }) => {
    expect(findings.filter((finding) => finding.filename === path).map((finding) => finding.code)).toContain(
      rule,
    );
  });

  test.each(Object.keys(soundFiles))("accepts %s", (path) => {
    expect(findings.filter((finding) => finding.filename === path)).toEqual([]);
  });
});

describe("the compiler guard", () => {
  const node = "Cannot find name 'process'";
  test.each([
    ["a bare process", `export const folder = process.cwd();\n`, node],
    ["a node module", `export { readFile } from "node:fs/promises";\n`, "node:fs/promises"],
  ])("tsconfig.browser.json rejects %s reached from the engine core", async (_name, code, message) => {
    const folder = await mkdtemp(join(tmpdir(), "pipit-types-"));
    try {
      await plant(folder, {
        "engine/core.ts": `export * from "./below.ts";\n`,
        "engine/below.ts": code,
        "contract/kind.ts": `export type Kind = "a";\n`,
        "proto/gen/empty.ts": `export type Empty = never;\n`,
        "package.json": `{ "type": "module" }\n`,
        "tsconfig.browser.json": JSON.stringify({
          extends: join(repositoryRoot, "tsconfig.browser.json"),
          compilerOptions: { composite: false, incremental: false, tsBuildInfoFile: null },
          include: ["engine", "contract", "proto/gen"],
        }),
      });
      await symlink(join(repositoryRoot, "node_modules"), join(folder, "node_modules"));
      const args = ["-p", "tsconfig.browser.json"];
      const result = await runCommand("tsc", args, { cwd: folder }, AbortSignal.timeout(60_000));
      expect(result.stdout).toContain(message);
      expect(result.stdout).toContain("engine/below.ts");
      expect(result.code).not.toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("the folders", () => {
  const ours =
    "{bench,cli,contract,electron,engine,proto,renderer,server,server-kit,tests,tools}/**/*.{ts,tsx}";
  const parts = /^(?:tests|bench)\/|\/testing\/|\.test\.tsx?$/;

  test("import each other in no circle by value", async () => {
    const paths = await allPaths();
    const sources = paths.filter((path) => !parts.test(path));
    const files = await Promise.all(
      sources.map(async (path) => ({ path, code: await readFile(join(repositoryRoot, path), "utf8") })),
    );
    expect(files.length).toBeGreaterThan(700);
    expect(folderCycles(files)).toEqual([]);
  });

  test("hold at most 40 files each", async () => {
    expect(crowdedFolders(await allPaths())).toEqual([]);
  });

  test("are those that docs/architecture.md names, as are the files of its ways", async () => {
    const text = await readFile(join(repositoryRoot, "docs/architecture.md"), "utf8");
    const paths = await allPaths();
    const named =
      /^\| `(?<parent>contract|engine|engine\/node|cli|electron|renderer|server\/domain)\/` +\| (?<what>[^|]+)/gm;
    for (const { groups: { parent = "", what = "" } = {} } of text.matchAll(named)) {
      const inside = paths.flatMap((path) => (path.startsWith(`${parent}/`) ? [path.split("/")] : []));
      const depth = parent.split("/").length;
      const folders = new Set(inside.flatMap((path) => path.slice(depth, -1).slice(0, 1)));
      for (const other of ["testing", ...(parent === "engine" ? ["node", "web"] : [])]) folders.delete(other);
      const words = [...what.matchAll(/`([^`]+)`/g)].flatMap(([, names = ""]) => names.split(" "));
      expect([parent, words.toSorted()]).toEqual([parent, [...folders].toSorted()]);
    }
    const files = [
      ...text.matchAll(/`(?<start>\w[\w/-]*\/)(?:\{(?<names>[^}]+)\}|(?<name>[\w-]+))(?<end>\.tsx?)`/g),
    ];
    const ways = files.flatMap(({ groups: { start, names, name, end } = {} }) =>
      (names ?? name ?? "").split(",").map((one) => `${start}${one}${end}`),
    );
    expect(ways.length).toBeGreaterThan(10);
    expect(ways.filter((path) => !paths.includes(path))).toEqual([]);
  });

  test("that do either are reported", () => {
    const circle = [
      { path: "server/a/one.ts", code: `import { two } from "../b/two.ts";\nexport const one = two;\n` },
      { path: "server/b/two.ts", code: `export const load = () => import("#server/c/three.ts");\n` },
      { path: "server/c/three.ts", code: `export { one } from "#server/a/one.ts";\n` },
      { path: "server/d/four.ts", code: `export { one } from "#server/a/one.ts";\n` },
    ];
    expect(folderCycles(circle)).toEqual([["server/a", "server/b", "server/c"]]);
    const byType = { path: "server/c/three.ts", code: `import type { one } from "#server/a/one.ts";\n` };
    expect(folderCycles([...circle.filter((file) => file.path !== byType.path), byType])).toEqual([]);
    const crowd = Array.from({ length: 41 }, (_, index) => `server/e/file-${index}.ts`);
    expect(crowdedFolders(crowd)).toEqual(["server/e: 41"]);
    expect(crowdedFolders(crowd.slice(1))).toEqual([]);
  });

  async function allPaths(): Promise<readonly string[]> {
    return Array.fromAsync(glob(ours, { cwd: repositoryRoot }));
  }
});

async function plant(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, code] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), code);
  }
}
