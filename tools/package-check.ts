import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { externals } from "./build/externals.ts";
import { listenForStop } from "./listen-for-stop.ts";
import { writeDummyElectron } from "./package/check/dummy-electron.ts";
import { inspectPackage, type PackedApp } from "./package/check/inspect-package.ts";
import { judgePackage } from "./package/check/judge-package.ts";
import { reportText } from "./package/check/report.ts";
import { packageApp, packageFolders } from "./package/package-app.ts";
import type { Lock, PackagePlatform } from "./package/shipped-packages.ts";

/**
 * `npm run package:check`: packs the app for every system around an Electron that is none, and looks at what came out.
 * Needs the registry or npm's cache for the native packages of the other systems.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const reportPath = join(root, "docs/releasing.md");
const platforms: readonly PackagePlatform[] = [
  { os: "darwin", cpu: "arm64" },
  { os: "darwin", cpu: "x64" },
  { os: "win32", cpu: "x64" },
  { os: "linux", cpu: "x64" },
];

using stop = listenForStop();
try {
  const { packages } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    packages: Lock;
  };
  const apps: PackedApp[] = [];
  let faults = 0;
  for (const platform of platforms) {
    const app = await packAndLook(platform, stop.signal);
    apps.push(app);
    const wrong = judgePackage(app, { lock: packages, externals });
    faults += wrong.length;
    const name = `${platform.os}-${platform.cpu}`;
    for (const fault of wrong) console.log(`FAIL  ${name}: ${fault}`);
    if (wrong.length === 0) console.log(`ok    ${name}`);
  }
  const before = await readFile(reportPath, "utf8");
  await writeFile(reportPath, reportText(before, apps));
  console.log(faults === 0 ? `${apps.length} packages as promised` : `${faults} faults`);
  process.exitCode = faults === 0 ? 0 : 1;
} catch (error) {
  console.error(`package:check: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function packAndLook(platform: PackagePlatform, signal: AbortSignal): Promise<PackedApp> {
  const workDir = await mkdtemp(join(tmpdir(), "pipit-package-"));
  try {
    const electronDist = join(workDir, "electron");
    await mkdir(electronDist);
    await writeDummyElectron(electronDist, platform);
    const { privateKey: updateKey } = generateKeyPairSync("ed25519");
    const options = { root, workDir, platform, dirOnly: true, sign: false, electronDist, updateKey };
    await packageApp({ ...options, updateUrl: "https://pipit.example/updates", say: console.log }, signal);
    return await inspectPackage(packageFolders(workDir, platform).out, platform);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
