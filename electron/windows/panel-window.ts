import type { BrowserWindow, BrowserWindowConstructorOptions, NativeTheme } from "electron";
import { WINDOW_MIN_SIZE, WINDOW_SIZE } from "./window-place.ts";

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
    webPreferences: {
      preload: look.preload,
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
    },
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
