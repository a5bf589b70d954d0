import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { quickestChromium, usualChromium } from "#tools/test/chromium-path.ts";
import { CdpConnection } from "./cdp.ts";

/** Longest wait for Chromium to go by itself. */
const closeTimeoutMs = 3_000;

/** The browser behind all windows of this process. */
export interface Chromium {
  readonly connection: CdpConnection;
  close(): Promise<void>;
}

export interface ChromiumOptions {
  /** Profile folder; persistent, as Electron's `sessionData` is. */
  readonly profile: string;
  /** Also listens for a test runner on a port and prints "DevTools listening on ...", as Electron does. */
  readonly debuggingPort: boolean;
  readonly switches: readonly string[];
}

/** Windows without a screen unless STAND_IN_HEADED=1; STAND_IN_CHROMIUM names another browser. */
export async function launchChromium(options: ChromiumOptions): Promise<Chromium> {
  await mkdir(options.profile, { recursive: true });
  const program = isHeaded() ? usualChromium : quickestChromium;
  const child = spawn(process.env["STAND_IN_CHROMIUM"] ?? program, argumentsOf(options), {
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
  });
  const exit = once(child, "exit");
  forwardAddress(child, options.debuggingPort);
  const connection = new CdpConnection(child.stdio[3] as Writable, child.stdio[4] as Readable);
  await Promise.race([
    connection.root.send("Browser.getVersion"),
    once(child, "error").then(([error]) => {
      throw new Error(`Chromium cannot be started: ${String(error)}`);
    }),
  ]);
  return {
    connection,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      connection.root.sendQuietly("Browser.close");
      const killer = setTimeout(() => child.kill("SIGKILL"), closeTimeoutMs);
      await exit;
      clearTimeout(killer);
    },
  };
}

function isHeaded(): boolean {
  return process.env["STAND_IN_HEADED"] === "1";
}

function argumentsOf(options: ChromiumOptions): string[] {
  return [
    `--user-data-dir=${options.profile}`,
    "--remote-debugging-pipe",
    ...(options.debuggingPort ? ["--remote-debugging-port=0"] : []),
    ...(isHeaded() ? [] : ["--headless=new"]),
    "--no-sandbox",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-startup-window",
    "--password-store=basic",
    "--use-mock-keychain",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-quic",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    // One renderer for a page and its frames: one debugging session sees them all.
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PaintHolding,MediaRouter",
    ...options.switches,
  ];
}

/** Of Chromium's own words only the line that Playwright waits for is passed on. */
function forwardAddress(child: ChildProcess, wanted: boolean): void {
  let text = "";
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (piece: string) => {
    if (!wanted) return;
    text += piece;
    const line = /^DevTools listening on ws:.*$/m.exec(text)?.[0];
    if (line === undefined) return;
    wanted = false;
    process.stderr.write(`${line}\n`);
  });
}
