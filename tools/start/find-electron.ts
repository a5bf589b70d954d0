import { spawn } from "node:child_process";
import { access, constants, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { once } from "node:events";
import type { Environment } from "#contract/environment.ts";

/** Electron's program, or half a sentence on why there is none ("because ..."). */
export type ElectronSearch =
  | { readonly found: true; readonly path: string }
  | { readonly found: false; readonly because: string };

export interface FindElectronOptions {
  /** The package's folder, i.e. node_modules/electron. */
  readonly packageFolder: string;
  /** Where a failed download is remembered. */
  readonly cacheFolder: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Called when fetching takes long enough for the user to wonder. */
  readonly onSlow: () => void;
}

/** The archive has about 110 MB. */
const FETCH_DEADLINE_MS = 120_000;
const SLOW_AFTER_MS = 2_000;
/** A network that refused is not asked again at every start. */
const ASK_AGAIN_AFTER_MS = 24 * 60 * 60_000;

/**
 * Where Electron's program is. The package comes without it and fetches it when it is first used; that is tried here
 * once, with a deadline. `require("electron")` is not used, because it would fetch without one.
 */
export async function findElectron(
  options: FindElectronOptions,
  signal: AbortSignal,
): Promise<ElectronSearch> {
  const present = await locate(options);
  if (present !== undefined) return { found: true, path: present };
  const override = options.env["ELECTRON_OVERRIDE_DIST_PATH"];
  if (override) return { found: false, because: `there is no Electron in ${override}` };
  const installer = join(options.packageFolder, "install.js");
  if (!(await exists(installer))) {
    return { found: false, because: "the electron package is not installed (npm ci does it)" };
  }
  const memory = join(options.cacheFolder, "electron-refused.json");
  const because = "Electron could not be downloaded (npx install-electron tries again)";
  if (await refusedLately(memory, options.packageFolder)) return { found: false, because };
  const fetched = await runInstaller(installer, options, signal);
  signal.throwIfAborted();
  const path = fetched ? await locate(options) : undefined;
  if (path !== undefined) {
    await rm(memory, { force: true });
    return { found: true, path };
  }
  await remember(memory, options.packageFolder);
  return { found: false, because };
}

async function locate(options: FindElectronOptions): Promise<string | undefined> {
  const { packageFolder, env, platform } = options;
  const named = (await readFile(join(packageFolder, "path.txt"), "utf8").catch(() => "")).trim();
  const override = env["ELECTRON_OVERRIDE_DIST_PATH"];
  if (named === "" && !override) return undefined;
  const path = join(override || join(packageFolder, "dist"), named || defaultName(platform));
  return (await exists(path)) ? path : undefined;
}

function defaultName(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "Electron.app/Contents/MacOS/Electron";
  return platform === "win32" ? "electron.exe" : "electron";
}

async function runInstaller(
  installer: string,
  { env, onSlow }: FindElectronOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const slow = setTimeout(onSlow, SLOW_AFTER_MS);
  try {
    const child = spawn(process.execPath, [installer], {
      stdio: "ignore",
      env,
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_DEADLINE_MS)]),
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return code === 0;
  } catch {
    return false;
  } finally {
    clearTimeout(slow);
  }
}

async function versionOf(packageFolder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as {
    version?: string;
  };
  return version ?? "";
}

async function refusedLately(memory: string, packageFolder: string): Promise<boolean> {
  try {
    const { version, atMs } = JSON.parse(await readFile(memory, "utf8")) as { version: string; atMs: number };
    return version === (await versionOf(packageFolder)) && Date.now() - atMs < ASK_AGAIN_AFTER_MS;
  } catch {
    return false;
  }
}

async function remember(memory: string, packageFolder: string): Promise<void> {
  await mkdir(dirname(memory), { recursive: true, mode: 0o700 });
  const refusal = { version: await versionOf(packageFolder), atMs: Date.now() };
  await writeFile(memory, `${JSON.stringify(refusal)}\n`, { mode: 0o600 });
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
