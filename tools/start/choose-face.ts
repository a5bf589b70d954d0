import { findElectron, type FindElectronOptions } from "./find-electron.ts";

/** Which face opens: the app, or the web page; `because` is half a sentence, absent when the page was asked for. */
export type Face =
  | { readonly kind: "desktop"; readonly electronPath: string }
  | { readonly kind: "web"; readonly because?: string };

export interface ChooseFaceOptions extends FindElectronOptions {
  /** The person asked for the page. */
  readonly web: boolean;
  /** Of the user who runs this; undefined on Windows. */
  readonly userId: number | undefined;
}

/** The app wherever it can open; cheap reasons against it are looked at before anything is fetched. */
export async function chooseFace(options: ChooseFaceOptions, signal: AbortSignal): Promise<Face> {
  if (options.web) return { kind: "web" };
  if (!hasDisplay(options)) return { kind: "web", because: "this session has no display" };
  const electron = await findElectron(options, signal);
  if (!electron.found) return { kind: "web", because: electron.because };
  if (isRootOnLinux(options)) return { kind: "web", because: "Electron does not run as root" };
  return { kind: "desktop", electronPath: electron.path };
}

/** macOS and Windows have one, or Electron says so itself. */
function hasDisplay({ env, platform }: ChooseFaceOptions): boolean {
  if (platform === "darwin" || platform === "win32") return true;
  return Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
}

/** Chromium's sandbox refuses root; a user who names another Electron knows what it can do. */
function isRootOnLinux({ env, platform, userId }: ChooseFaceOptions): boolean {
  return platform === "linux" && userId === 0 && !env["ELECTRON_OVERRIDE_DIST_PATH"];
}
