import type { BrowserWindow, BrowserWindowConstructorOptions, NativeTheme, WebPreferences } from "electron";
import { WINDOW_MIN_SIZE, WINDOW_SIZE, type Bounds } from "./window-place.ts";

/** The window's first colour, before its page has painted (renderer/theme/tokens.css, `--ground`). */
const GROUND = { light: "#ffffff", dark: "#1c1c1e" } as const;

export interface PanelLook {
  readonly platform: NodeJS.Platform;
  readonly dark: boolean;
  /** Path of the built preload script. */
  readonly preload: string;
}

/** How the one window is made: hidden, warm, without a frame, and with nothing but the preload between it and the app. */
export function panelOptions(look: PanelLook): BrowserWindowConstructorOptions {
  const mac = look.platform === "darwin";
  return {
    ...WINDOW_SIZE,
    minWidth: WINDOW_MIN_SIZE.width,
    minHeight: WINDOW_MIN_SIZE.height,
    // In the system's own lists of windows.
    title: "Pipit",
    show: false,
    frame: false,
    fullscreenable: false,
    maximizable: false,
    skipTaskbar: true,
    alwaysOnTop: true,
    acceptFirstMouse: true,
    // On macOS a panel takes the keyboard without activating the app, so the focus goes back by itself.
    ...(mac
      ? { type: "panel", vibrancy: "popover", visualEffectState: "active" }
      : { backgroundColor: groundOf(look.dark) }),
    webPreferences: pagePreferences(look.preload),
  };
}

/** How a window is made that covers a display while a part of it is chosen: shown when its page has painted. */
export function overlayOptions(
  platform: NodeJS.Platform,
  preload: string,
  bounds: Bounds,
): BrowserWindowConstructorOptions {
  return {
    ...bounds,
    title: "Pipit",
    show: false,
    frame: false,
    movable: false,
    resizable: false,
    minimizable: false,
    hasShadow: false,
    roundedCorners: false,
    skipTaskbar: true,
    alwaysOnTop: true,
    enableLargerThanScreen: true,
    backgroundColor: "#000000",
    // Linux window managers keep other windows out of the way of their panels.
    fullscreen: platform === "linux",
    ...(platform === "darwin" ? { type: "panel" } : {}),
    webPreferences: pagePreferences(preload),
  };
}

/** What every page of ours gets: nothing but the preload is between it and the app. */
function pagePreferences(preload: string): WebPreferences {
  return {
    preload,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    sandbox: true,
    webSecurity: true,
    // Whether it checks is the session's matter (spelling.ts).
    spellcheck: true,
    // Hidden, it must cost nothing.
    backgroundThrottling: true,
  };
}

/** Keeps the ground behind the page in the theme's colour: it shows whenever the window grows faster than its page. */
export function followTheme(
  window: Pick<BrowserWindow, "isDestroyed" | "setBackgroundColor">,
  theme: Pick<NativeTheme, "on" | "shouldUseDarkColors">,
  platform: NodeJS.Platform,
): void {
  // There the ground is the system's own, and follows by itself.
  if (platform === "darwin") return;
  theme.on("updated", () => {
    if (!window.isDestroyed()) window.setBackgroundColor(groundOf(theme.shouldUseDarkColors));
  });
}

function groundOf(dark: boolean): string {
  return dark ? GROUND.dark : GROUND.light;
}
