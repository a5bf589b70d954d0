import { defineConfig } from "@playwright/test";
import { quickestChromium } from "./tools/test/chromium-path.ts";

const launchOptions = {
  executablePath: quickestChromium,
  // Root has no sandbox here; the rest keeps Chromium from looking for hosts of the open network.
  args: [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--autoplay-policy=no-user-gesture-required",
  ],
};

/** Pages of the gallery, one after the other, have one process, which has compiled their code already: see window-test.ts. */
const oneRenderer = { ...launchOptions, args: [...launchOptions.args, "--renderer-process-limit=1"] };

/**
 * Three suites in real windows. `window`: the renderer on a scripted host (renderer/gallery), state by state; `web`: the
 * page of a real server; `desktop`: our compiled main process, on Electron or on the stand-in. Browser: Debian's Chromium.
 */
export default defineConfig({
  testDir: "tests/e2e",
  globalSetup: "tests/e2e/fixtures/global-setup.ts",
  outputDir: "node_modules/.cache/playwright",
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env["CI"] === "true",
  timeout: 180_000,
  // For what never comes: the first window of a fresh checkout, with all suites beginning at once, took over 10 s.
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  use: {
    headless: true,
    trace: "off",
    viewport: { width: 440, height: 680 },
    launchOptions,
  },
  projects: [
    // First, because it must not run twice at once: the others fill the second place beside it.
    { name: "desktop", testDir: "tests/e2e/desktop", workers: 1 },
    { name: "window", testDir: "tests/e2e/window", use: { launchOptions: oneRenderer } },
    // Keeping the page's files for later is what installed.spec.ts is about, and costs as much as a small test.
    { name: "web", testDir: "tests/e2e/web", use: { serviceWorkers: "block" } },
  ],
});
