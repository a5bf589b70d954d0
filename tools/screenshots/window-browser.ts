import { chromium, type Browser, type BrowserContextOptions } from "@playwright/test";
import type { PageLanguage } from "#tests/e2e/pages/texts.ts";
import { buildParts } from "#tools/build/build-part.ts";
import { serverPart, windowPart } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";

/** A browser for the page of a server, which is built first. */
export async function openBrowser(signal: AbortSignal): Promise<Browser> {
  const parts = [windowPart(repositoryRoot), serverPart(repositoryRoot)];
  await buildParts(parts, { root: repositoryRoot, say: console.log }, signal);
  return await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** How the page looks in it: the same at every run. */
export function lookOf(
  theme: "light" | "dark",
  language: PageLanguage,
  viewport: { readonly width: number; readonly height: number },
): BrowserContextOptions {
  return {
    viewport,
    deviceScaleFactor: 2,
    colorScheme: theme,
    locale: language === "ru" ? "ru-RU" : "en-GB",
    timezoneId: "Europe/Oslo",
    reducedMotion: "reduce",
  };
}
