import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "@playwright/test";
import { signIn } from "#tests/integration/start-test-server.ts";
import { ChatWindow } from "#tests/e2e/pages/chat-window.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { buildParts } from "#tools/build/build-part.ts";
import { windowPart } from "#tools/build/pipit-parts.ts";
import { launchBrowser } from "./lib/browser.ts";
import { makeHome, startPipitMain, type PipitMain } from "./lib/pipit-main.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median } from "./lib/statistics.ts";

const rounds = { warmups: 1, measured: 9 };
const GOAL_INITIAL_JS_KB = 250;
const BYTES_PER_KB = 1024;

/** What one first visit fetched. */
interface Visit {
  readonly elapsedMs: number;
  /** On the wire, headers included. */
  readonly transferredBytes: number;
  /** Paths of the scripts that came before the page was usable. */
  readonly scripts: readonly string[];
}

/**
 * A browser with an empty cache opens the one-time address: how long until something can be asked, and what it fetched
 * for that. Beside it, in turns, the same browser opens the smallest answer of the same server.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await buildParts([windowPart(repositoryRoot)], { root: repositoryRoot, say: console.error }, signal);
  await using home = await makeHome();
  await using server = await startPipitMain({ OLLAMA_HOST: "http://127.0.0.1:9" }, signal, home.path);
  await using cleanup = new AsyncDisposableStack();
  const browser = await launchBrowser();
  cleanup.defer(() => browser.close());
  const visits: Visit[] = [];
  const visit = async (): Promise<number> => {
    const made = await visitPage(browser, `${server.httpUrl}/`, waitUntilUsable, await oneTimeCode(server));
    visits.push(made);
    return made.elapsedMs;
  };
  const smallest = async (): Promise<number> =>
    (await visitPage(browser, `${server.httpUrl}/health`, () => Promise.resolve())).elapsedMs;
  const samples = await interleave(
    [
      { name: "page", measure: visit },
      { name: "empty", measure: smallest },
    ],
    rounds,
    signal,
  );
  const last = visits.at(-1);
  if (last === undefined) throw new Error("Nothing was visited.");
  return [
    toResult({
      name: "first-visit.to-usable",
      unit: "ms",
      value: median(samples.get("page") ?? []),
      baseline: median(samples.get("empty") ?? []),
      baselineName: "GET /health in the same browser",
    }),
    toResult({ name: "first-visit.transferred", unit: "KB", value: last.transferredBytes / BYTES_PER_KB }),
    toResult({
      name: "first-visit.initial-js-gzip",
      unit: "KB",
      value: (await gzipBytes(last.scripts)) / BYTES_PER_KB,
      goal: { of: "value", atMost: GOAL_INITIAL_JS_KB },
    }),
  ];
}

interface OneTimeCode {
  readonly code: string;
  readonly digits: string;
}

async function oneTimeCode(server: PipitMain): Promise<OneTimeCode> {
  const { accessToken } = await signIn(server.httpUrl, server.dataDir);
  const response = await fetch(`${server.httpUrl}/auth/sign-in-codes`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}` },
  });
  return (await response.json()) as OneTimeCode;
}

/** Each context is a browser that has never been here. */
async function visitPage(
  browser: Browser,
  address: string,
  usable: (chat: ChatWindow) => Promise<void>,
  signInWith?: OneTimeCode,
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 440, height: 680 }, locale: "en-US" });
  try {
    // What is measured begins with a browser that is signed in: typing digits is the person's time.
    if (signInWith !== undefined) {
      const { origin } = new URL(address);
      const { code, digits } = signInWith;
      await context.request.post(`${origin}/auth/sign-in`, { form: { code, digits }, headers: { origin } });
    }
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    let transferredBytes = 0;
    const scripts: string[] = [];
    devtools.on("Network.loadingFinished", ({ encodedDataLength }) => {
      transferredBytes += encodedDataLength;
    });
    page.on("request", (request) => {
      if (request.resourceType() === "script") scripts.push(new URL(request.url()).pathname);
    });
    const startedMs = performance.now();
    await page.goto(address);
    await usable(new ChatWindow(page));
    return { elapsedMs: performance.now() - startedMs, transferredBytes, scripts: [...scripts] };
  } finally {
    await context.close();
  }
}

/** The first steps are shown on a first visit; behind them is the composer. */
async function waitUntilUsable(chat: ChatWindow): Promise<void> {
  await chat.composer.or(chat.skipFirstRunButton).first().waitFor();
}

async function gzipBytes(scripts: readonly string[]): Promise<number> {
  const sizes = scripts.map(async (path) => {
    const file = join(repositoryRoot, "dist", "renderer", path);
    const gzipped = await readFile(`${file}.gz`).catch(async () => gzipSync(await readFile(file)));
    return gzipped.length;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
