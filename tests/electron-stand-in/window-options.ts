import type { WebPreferences } from "./page-target.ts";
import { checkOptions, NotInStandInError } from "./strict.ts";

export const windowEvents = [
  "page-title-updated",
  "close",
  "closed",
  "session-end",
  "query-session-end",
  "unresponsive",
  "responsive",
  "blur",
  "focus",
  "show",
  "hide",
  "ready-to-show",
  "maximize",
  "unmaximize",
  "minimize",
  "restore",
  "will-resize",
  "resize",
  "resized",
  "will-move",
  "move",
  "moved",
  "enter-full-screen",
  "leave-full-screen",
  "always-on-top-changed",
];

/** Options that change nothing here: looks, and what a window manager does. */
const looks = [
  "maxWidth",
  "maxHeight",
  "frame",
  "transparent",
  "vibrancy",
  "visualEffectState",
  "backgroundMaterial",
  "resizable",
  "movable",
  "minimizable",
  "maximizable",
  "fullscreenable",
  "closable",
  "focusable",
  "skipTaskbar",
  "icon",
  "backgroundColor",
  "hasShadow",
  "roundedCorners",
  "type",
  "center",
  "titleBarStyle",
  "titleBarOverlay",
  "trafficLightPosition",
  "paintWhenInitiallyHidden",
  "useContentSize",
  "acceptFirstMouse",
  "autoHideMenuBar",
  "fullscreen",
  "thickFrame",
  "enableLargerThanScreen",
  "hiddenInMissionControl",
  "darkTheme",
];
const known = [
  "width",
  "height",
  "minWidth",
  "minHeight",
  "x",
  "y",
  "show",
  "title",
  "alwaysOnTop",
  "webPreferences",
  ...looks,
];
const knownPreferences = [
  "preload",
  "contextIsolation",
  "nodeIntegration",
  "nodeIntegrationInSubFrames",
  "nodeIntegrationInWorker",
  "sandbox",
  "webSecurity",
  "webviewTag",
  "allowRunningInsecureContent",
  "experimentalFeatures",
  "additionalArguments",
  "backgroundThrottling",
  "devTools",
  "spellcheck",
  "navigateOnDragDrop",
  "safeDialogs",
  "disableDialogs",
  "autoplayPolicy",
  "images",
  "scrollBounce",
  "defaultEncoding",
  "v8CacheOptions",
  "disableHtmlFullscreenWindowResize",
  "javascript",
  "plugins",
  "textAreasAreResizable",
  "webgl",
];

/** What a window is made with. */
export interface WindowOptions {
  readonly width?: number;
  readonly height?: number;
  readonly minWidth?: number;
  readonly minHeight?: number;
  readonly x?: number;
  readonly y?: number;
  readonly show?: boolean;
  readonly title?: string;
  readonly type?: string;
  readonly alwaysOnTop?: boolean;
  readonly webPreferences?: Partial<WebPreferences>;
}

/** An option that the stand-in does not know is an error. */
export function checkWindowOptions(options: WindowOptions): void {
  checkOptions("BrowserWindow", options, known);
}

/** Electron's defaults filled in; a page with more rights than ours has is not in the stand-in. */
export function preferencesOf(given: Partial<WebPreferences>): WebPreferences {
  checkOptions("webPreferences", given, knownPreferences);
  const made: WebPreferences = {
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    sandbox: true,
    webSecurity: true,
    webviewTag: false,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    spellcheck: true,
    additionalArguments: [],
    ...given,
  };
  const { contextIsolation, nodeIntegration, sandbox, webSecurity, webviewTag } = made;
  if (!contextIsolation || nodeIntegration || !sandbox || !webSecurity || webviewTag) {
    throw new NotInStandInError("a window that is not isolated, sandboxed and without Node and <webview>");
  }
  return made;
}
