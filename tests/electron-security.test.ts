import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { framedOptions, overlayOptions, panelOptions } from "#electron/windows/panel-window.ts";
import { sized } from "./testing/test-size.ts";

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
  test("[5.1-1] the window is isolated, sandboxed, without Node and with web security", () => {
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
    expect(framedOptions({ platform: "linux", dark: false, preload: "/p.cjs" }).webPreferences).toEqual(
      webPreferences,
    );
    expect(overlayOptions("linux", "/p.cjs", bounds).webPreferences).toEqual(webPreferences);
    expect(holding(/new BrowserWindow\(/u).toSorted()).toEqual([
      "electron/capture/cover-displays.ts",
      "electron/windows/open-windows.ts",
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
  ])("[5.1-2] %s is nowhere in the app", (words) => {
    expect(sources.size).toBeGreaterThan(100);
    expect([...sources].filter(([, text]) => text.includes(words)).map(([path]) => path)).toEqual([]);
  });

  test("[5.1-3] pages come from our own scheme, never from files", () => {
    expect(holding(/\.loadFile\(|loadURL\([^)]*file:/u)).toEqual([]);
    const loading = holding(/\.loadURL\(/u).toSorted();
    expect(loading).toEqual(["electron/capture/cover-displays.ts", "electron/windows/chat-page.ts"]);
  });

  test("[5.1-6] links leave the app in one place", () => {
    expect(holding(/\.openExternal\((?!\s*\{)/u)).toEqual(["electron/windows/external-links.ts"]);
    expect(holding(/\bopenPath\(|showItemInFolder\(/u)).toEqual([]);
  });

  test("[5.1-9] raw IPC of the main process is in one file", () => {
    expect(holding(/\bipcMain\b/u)).toEqual(["electron/ipc/ipc.ts"]);
  });

  test("[5.1-10] raw IPC of the page is in one file, which names what it exposes", () => {
    expect(holding(/\bipcRenderer\b/u)).toEqual(["electron/preload.ts"]);
    expect(holding(/exposeInMainWorld/u)).toEqual(["electron/preload.ts"]);
  });

  test("[5.1-14] Electron is one of the three majors that get fixes", async () => {
    const text = await readFile(join(root, "package.json"), "utf8");
    const { devDependencies } = JSON.parse(text) as {
      readonly devDependencies: { readonly electron: string };
    };
    // With another major, write when its first version came out (`npm view electron time`).
    const inUse = { major: 45, sinceMs: Date.UTC(2026, 9, 21) };
    expect(Number.parseInt(devDependencies.electron, 10)).toBe(inUse.major);
    // It falls out of support with the third major after it; they come every eight weeks.
    const untilMs = inUse.sinceMs + 3 * 8 * 7 * 24 * 60 * 60_000;
    // A machine that builds an old version of Pipit must be able to; the nightly run is who looks after the new one.
    expect(sized(inUse.sinceMs, Date.now())).toBeLessThan(untilMs);
  });

  // Both are about Electron's own store of secrets: its calls, and what it does on a Linux without one.
  test.each([
    "[5.1-15] does not apply: safeStorage is not used, but the system's keychain",
    "[5.1-16] does not apply: without a keychain there is no key that everybody knows",
  ])("%s", async () => {
    expect(holding(/\bsafeStorage\b/u)).toEqual([]);
    expect(holding(/from "@napi-rs\/keyring"/u)).toEqual(["engine/node/keychain/keychain-process.ts"]);
    expect(sources.get("electron/shell/desktop-client.ts")).toContain("tokenStore: startTokenStore(");
  });

  test("[5.1-17] what a keychain does not keep off is said to people", async () => {
    const text = (await readFile(join(root, "docs/security.md"), "utf8")).replaceAll(/\s+/gu, " ");
    expect(text).toMatch(/Windows .{0,120}every program of the same user can read/u);
    expect(text).toMatch(/macOS asks .{0,80}signature changes/u);
  });
});
