import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "@playwright/test";
import { build, preview, type InlineConfig } from "vite";
import { inProduction } from "#tools/build/config.ts";
import { usualChromium } from "#tools/test/chromium-path.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import playwrightConfig from "../../playwright.config.ts";
import { installProbe } from "./browser-probe.ts";
import { offerNaiveMarkdown } from "./offer-naive-markdown.ts";

/** The size of Pipit's window. */
const viewport = { width: 440, height: 680 };

/** Debian's Chromium as users have it, not the quick build that the suites prefer. The caller closes it. */
export function launchBrowser(): Promise<Browser> {
  const options = { ...playwrightConfig.use?.launchOptions, executablePath: usualChromium };
  return chromium.launch({ ...options, headless: true });
}

/** The real window on a scripted host, served to a browser of its own. */
export interface Gallery extends AsyncDisposable {
  readonly browser: Browser;
  /** A window that nothing was done in yet, e.g. "scene=empty&markdown=naive"; closed by the caller. */
  open(query: string): Promise<Page>;
}

/**
 * Builds the gallery into a folder of its own, so that it is the code of now and no suite's build is touched. With
 * `markdown=naive` in the query its answers are rendered by naive-markdown.tsx.
 */
export async function startGallery(): Promise<Gallery> {
  await using started = new AsyncDisposableStack();
  const outDir = await mkdtemp(join(tmpdir(), "pipit-bench-gallery-"));
  started.defer(() => rm(outDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const config: InlineConfig = {
    configFile: join(repositoryRoot, "renderer/gallery/vite.config.ts"),
    logLevel: "warn",
    // The naive renderer takes its libraries into the page's main script.
    build: { outDir, chunkSizeWarningLimit: 2_000 },
    plugins: [offerNaiveMarkdown()],
  };
  await inProduction(() => build(config));
  const server = await preview({ ...config, preview: { host: "127.0.0.1", port: 0 } });
  started.defer(() => server.close());
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("The gallery has no address.");
  const browser = await launchBrowser();
  started.defer(() => browser.close());
  const owned = started.move();
  return {
    browser,
    async open(query) {
      const page = await browser.newPage({ viewport });
      await page.addInitScript(installProbe);
      await page.goto(`${url}?${query}`);
      await page.locator("textarea").waitFor();
      return page;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
