import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { overlayOptions, panelOptions } from "#electron/windows/panel-window.ts";

const root = join(import.meta.dirname, "..");
const sources = new Map<string, string>();
beforeAll(async () => {
  for await (const path of glob("{electron,renderer,contract,engine}/**/*.{ts,tsx,html}", { cwd: root })) {
    if (!/\.test\.tsx?$/u.test(path)) sources.set(path, await readFile(join(root, path), "utf8"));
  }
});

const holding = (pattern: RegExp): readonly string[] =>
  [...sources].filter(([, text]) => pattern.test(text)).map(([path]) => path);

describe("the desktop's statements (docs/security.md)", () => {
  test("1: the window is isolated, sandboxed, without Node and with web security", () => {
    for (const platform of ["darwin", "win32", "linux"] as const) {
      const { webPreferences } = panelOptions({ platform, dark: false, preload: "/p.cjs" });
      expect(webPreferences).toMatchObject({
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        sandbox: true,
        webSecurity: true,
      });
    }
    const { webPreferences } = panelOptions({ platform: "linux", dark: false, preload: "/p.cjs" });
    const bounds = { x: 0, y: 0, width: 1, height: 1 };
    expect(overlayOptions("linux", "/p.cjs", bounds).webPreferences).toEqual(webPreferences);
    expect(holding(/new BrowserWindow\(/u).toSorted()).toEqual([
      "electron/capture/cover-displays.ts",
      "electron/shell/start-desktop.ts",
    ]);
    expect(holding(/new WebContentsView|new BrowserView/u)).toEqual([]);
  });

  test.each([
    "allowRunningInsecureContent",
    "experimentalFeatures",
    "enableBlinkFeatures",
    "webviewTag",
    "allowpopups",
    "<webview",
    "nodeIntegration: true",
    "contextIsolation: false",
    "sandbox: false",
    "webSecurity: false",
    "unsafe-inline",
    "unsafe-eval",
    "bypassCSP",
    "no-sandbox",
    "disable-web-security",
  ])("2: %s is nowhere in the app", (words) => {
    expect(sources.size).toBeGreaterThan(100);
    expect([...sources].filter(([, text]) => text.includes(words)).map(([path]) => path)).toEqual([]);
  });

  test("3: pages come from our own scheme, never from files", () => {
    expect(holding(/\.loadFile\(|loadURL\([^)]*file:/u)).toEqual([]);
    const loading = holding(/\.loadURL\(/u).toSorted();
    expect(loading).toEqual(["electron/capture/cover-displays.ts", "electron/windows/windows.ts"]);
  });

  test("6: links leave the app in one place", () => {
    expect(holding(/\.openExternal\((?!\s*\{)/u)).toEqual(["electron/windows/external-links.ts"]);
    expect(holding(/\bopenPath\(|showItemInFolder\(/u)).toEqual([]);
  });

  test("9: raw IPC of the main process is in one file", () => {
    expect(holding(/\bipcMain\b/u)).toEqual(["electron/ipc/ipc.ts"]);
  });

  test("10: raw IPC of the page is in one file, which names what it exposes", () => {
    expect(holding(/\bipcRenderer\b/u)).toEqual(["electron/preload.ts"]);
    expect(holding(/exposeInMainWorld/u)).toEqual(["electron/preload.ts"]);
  });
});
