import { access, constants, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Environment } from "#contract/environment.ts";
import { runInstaller } from "./run-installer.ts";

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

/** A network that refused is not asked again at every start. */
const ASK_AGAIN_AFTER_MS = 60 * 60_000;

/**
 * Where Electron's program is. The package comes without it and fetches it when it is first used; that is tried here
 * once, for as long as it gets on. `require("electron")` is not used, because it would wait for a network without an end.
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
  const refusal = await refusedLately(memory, options.packageFolder);
  if (refusal !== undefined) return { found: false, because: notDownloaded(refusal) };
  const said = await runInstaller(installer, options, signal);
  signal.throwIfAborted();
  const path = await locate(options);
  if (path !== undefined) {
    await rm(memory, { force: true });
    return { found: true, path };
  }
  await remember(memory, options.packageFolder, said);
  return { found: false, because: notDownloaded(said) };
}

function notDownloaded(said: string): string {
  const reason = said === "" ? "" : `: ${said}`;
  return `Electron could not be downloaded${reason} (npx install-electron tries again)`;
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

async function versionOf(packageFolder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as {
    version?: string;
  };
  return version ?? "";
}

/** What the last try said, when it was this version and not long ago; undefined: it is worth a try. */
async function refusedLately(memory: string, packageFolder: string): Promise<string | undefined> {
  try {
    const kept = JSON.parse(await readFile(memory, "utf8")) as {
      readonly version: string;
      readonly atMs: number;
      readonly said?: string;
    };
    const late = Date.now() - kept.atMs >= ASK_AGAIN_AFTER_MS;
    return late || kept.version !== (await versionOf(packageFolder)) ? undefined : (kept.said ?? "");
  } catch {
    return undefined;
  }
}

async function remember(memory: string, packageFolder: string, said: string): Promise<void> {
  await mkdir(dirname(memory), { recursive: true, mode: 0o700 });
  const refusal = { version: await versionOf(packageFolder), atMs: Date.now(), said };
  await writeFile(memory, `${JSON.stringify(refusal)}\n`, { mode: 0o600 });
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
