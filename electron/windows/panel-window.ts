import type { BrowserWindow, BrowserWindowConstructorOptions, NativeTheme, WebPreferences } from "electron";
import { FRAMED_SIZES, PANEL_SIZES, type Bounds, type Sizes } from "./window-place.ts";

/** The window's first colour, before its page has painted (renderer/theme/tokens.css, `--ground`). */
const GROUND = { light: "#ffffff", dark: "#1c1c1e" } as const;

export interface PanelLook {
  readonly platform: NodeJS.Platform;
  readonly dark: boolean;
  /** Path of the built preload script. */
  readonly preload: string;
}

/** How the panel is made: hidden, warm, without a frame, and with nothing but the preload between it and the app. */
export function panelOptions(look: PanelLook): BrowserWindowConstructorOptions {
  const mac = look.platform === "darwin";
  return {
    ...sized(PANEL_SIZES),
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

/** How the window is made that has a frame and a place in the taskbar: shown when the chat has come to it. */
export function framedOptions({ dark, preload }: PanelLook): BrowserWindowConstructorOptions {
  return {
    ...sized(FRAMED_SIZES),
    backgroundColor: groundOf(dark),
    // On Windows and Linux, there is none; in a window with a frame the Alt key would show an empty one.
    autoHideMenuBar: true,
    webPreferences: pagePreferences(preload),
  };
}

function sized({ first, least }: Sizes): BrowserWindowConstructorOptions {
  // The title is in the system's own lists of windows.
  return { ...first, minWidth: least.width, minHeight: least.height, title: "Pipit", show: false };
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
  window: Pick<BrowserWindow, "once" | "setBackgroundColor">,
  theme: Pick<NativeTheme, "on" | "off" | "shouldUseDarkColors">,
  platform: NodeJS.Platform,
): void {
  // There the ground is the system's own, and follows by itself.
  if (platform === "darwin") return;
  const follow = (): void => window.setBackgroundColor(groundOf(theme.shouldUseDarkColors));
  theme.on("updated", follow);
  window.once("closed", () => theme.off("updated", follow));
}

function groundOf(dark: boolean): string {
  return dark ? GROUND.dark : GROUND.light;
}
