import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chooseFace, type ChooseFaceOptions } from "./choose-face.ts";
import { watchProgress } from "./run-installer.ts";

let folder: string;
let packageFolder: string;
let cacheFolder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-start-"));
  packageFolder = join(folder, "electron");
  cacheFolder = join(folder, "cache");
  await mkdir(packageFolder);
  await writeFile(join(packageFolder, "package.json"), JSON.stringify({ version: "45.4.1" }));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Plays the package's install.js: it counts its runs, and does what `work` (CommonJS) says. */
async function installer(work: string): Promise<void> {
  const count = `require("fs").appendFileSync(${JSON.stringify(join(folder, "runs"))}, "x");`;
  await writeFile(join(packageFolder, "install.js"), `${count}\n${work}\n`);
}
const runs = async (): Promise<number> =>
  (await readFile(join(folder, "runs"), "utf8").catch(() => "")).length;
const fetches = `
  const fs = require("fs"), path = require("path");
  fs.mkdirSync(path.join(__dirname, "dist"));
  fs.writeFileSync(path.join(__dirname, "dist", "electron"), "");
  fs.writeFileSync(path.join(__dirname, "path.txt"), "electron");`;
const refuses = `
  console.error("Error: getaddrinfo ENOTFOUND github.com\\n    at GetAddrInfoReqWrap (node:dns:120:26)\\n");
  process.exitCode = 1;`;

function choose(rest: Partial<ChooseFaceOptions> = {}) {
  const options: ChooseFaceOptions = {
    web: false,
    userId: 1000,
    packageFolder,
    cacheFolder,
    env: { DISPLAY: ":0" },
    platform: "linux",
    onSlow: () => undefined,
    ...rest,
  };
  return chooseFace(options, AbortSignal.timeout(60_000));
}

describe("chooseFace", () => {
  test("opens the app with a program that is there, without asking the network", async () => {
    await installer(refuses);
    await mkdir(join(packageFolder, "dist"));
    await writeFile(join(packageFolder, "dist", "electron"), "");
    await writeFile(join(packageFolder, "path.txt"), "electron");
    const electronPath = join(packageFolder, "dist", "electron");
    expect(await choose()).toEqual({ kind: "desktop", electronPath });
    expect(await runs()).toBe(0);
  });

  test("fetches the program when it is not there yet", async () => {
    await installer(fetches);
    const electronPath = join(packageFolder, "dist", "electron");
    expect(await choose()).toEqual({ kind: "desktop", electronPath });
    expect(await runs()).toBe(1);
  });

  test("a refused download ends in the page, and is not repeated at the next start", async () => {
    await installer(refuses);
    const page = {
      kind: "web",
      because:
        "Electron could not be downloaded: Error: getaddrinfo ENOTFOUND github.com (npx install-electron tries again)",
    };
    expect(await choose()).toEqual(page);
    expect(await choose()).toEqual(page);
    expect(await runs()).toBe(1);
  });

  test("an hour later it is tried again", async () => {
    await installer(refuses);
    await choose();
    const memory = join(cacheFolder, "electron-refused.json");
    const kept = JSON.parse(await readFile(memory, "utf8")) as { readonly atMs: number };
    await writeFile(memory, JSON.stringify({ ...kept, atMs: kept.atMs - 60 * 60_000 }));
    await choose();
    expect(await runs()).toBe(2);
  });

  test("a slow download is waited for as long as something arrives", async () => {
    vi.useFakeTimers();
    try {
      let size = 0;
      using progress = watchProgress(async () => size);
      for (let minute = 0; minute < 10; minute += 1) {
        size += 1;
        await vi.advanceTimersByTimeAsync(59_000);
      }
      expect(progress.stalled.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(120_000);
      expect(progress.stalled.aborted).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test("what arrives is looked for where the installer puts it", async () => {
    await installer(`const os = require("os"); console.error("in " + os.tmpdir()); process.exitCode = 1;`);
    const face = await choose();
    expect(face).toMatchObject({
      because: expect.stringContaining(`in ${join(cacheFolder, "electron-download")}`),
    });
  });

  test("another version of Electron is tried although the last one was refused", async () => {
    await installer(refuses);
    await choose();
    await writeFile(join(packageFolder, "package.json"), JSON.stringify({ version: "46.0.0" }));
    await choose();
    expect(await runs()).toBe(2);
  });

  test("a program that another hand fetched meanwhile is found", async () => {
    await installer(refuses);
    await choose();
    await installer(fetches);
    await import(join(packageFolder, "install.js"));
    expect(await choose()).toMatchObject({ kind: "desktop" });
  });

  test("takes the program of ELECTRON_OVERRIDE_DIST_PATH, also as root", async () => {
    await writeFile(join(folder, "electron-program"), "");
    await writeFile(join(packageFolder, "path.txt"), "electron-program");
    const env = { DISPLAY: ":0", ELECTRON_OVERRIDE_DIST_PATH: folder };
    expect(await choose({ env, userId: 0 })).toEqual({
      kind: "desktop",
      electronPath: join(folder, "electron-program"),
    });
  });

  test("an empty ELECTRON_OVERRIDE_DIST_PATH folder is named", async () => {
    const env = { DISPLAY: ":0", ELECTRON_OVERRIDE_DIST_PATH: join(folder, "nowhere") };
    expect(await choose({ env })).toEqual({
      kind: "web",
      because: `there is no Electron in ${join(folder, "nowhere")}`,
    });
  });

  test.each([
    ["no display", {}, "this session has no display"],
    ["root on Linux", { env: { WAYLAND_DISPLAY: "wayland-0" }, userId: 0 }, "Electron does not run as root"],
  ])("%s ends in the page", async (name, rest, because) => {
    await installer(fetches);
    expect(await choose({ ...(name === "no display" ? { env: {} } : {}), ...rest })).toEqual({
      kind: "web",
      because,
    });
  });

  test("without a display nothing is fetched, and --web needs no reason", async () => {
    await installer(fetches);
    await choose({ env: {} });
    expect(await choose({ web: true })).toEqual({ kind: "web" });
    expect(await runs()).toBe(0);
  });

  test("without the package the cure is named", async () => {
    expect(await choose()).toEqual({
      kind: "web",
      because: "the electron package is not installed (npm ci does it)",
    });
  });
});
