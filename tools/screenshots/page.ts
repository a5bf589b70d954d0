import { join } from "node:path";
import { expect, type Browser } from "@playwright/test";
import { startPipitServer } from "#tests/e2e/fixtures/pipit-server.ts";
import { ChatWindow } from "#tests/e2e/pages/chat-window.ts";
import { writePicture } from "./picture-file.ts";
import { lookOf, openBrowser } from "./window-browser.ts";

const viewport = { width: 1000, height: 760 };
const password = "Correct-horse-1";
/** Each theme and each language once. */
const looks = [
  { theme: "light", language: "en" },
  { theme: "dark", language: "ru" },
] as const;

/** The page of a real server for who makes an account: `page-register`, `page-profile` and `page-sessions`. */
export async function pagePictures(folder: string, signal: AbortSignal): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const browser = await openBrowser(signal);
  cleanup.defer(() => browser.close());
  for (const look of looks) {
    signal.throwIfAborted();
    for (const [state, png] of await picturesOf(browser, look)) {
      await writePicture(png, join(folder, `page-${state}-${look.theme}-${look.language}.png`));
    }
    console.log(`screenshots: page ${look.theme}-${look.language}`);
  }
}

async function picturesOf(
  browser: Browser,
  { theme, language }: (typeof looks)[number],
): Promise<ReadonlyMap<string, Buffer>> {
  await using server = await startPipitServer({});
  const context = await browser.newContext(lookOf(theme, language, viewport));
  const pictures = new Map<string, Buffer>();
  try {
    const page = await context.newPage();
    const take = async (state: string): Promise<void> => {
      await page.mouse.move(0, 0);
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      pictures.set(state, await page.screenshot({ animations: "disabled", caret: "hide" }));
    };
    const { texts } = new ChatWindow(page, language);
    const { profile, auth } = texts;
    await page.goto(`${server.url}/register?from=/profile`);
    await page.getByLabel(auth.login, { exact: true }).fill("ada");
    await page.getByLabel(auth.register.displayName, { exact: true }).fill("Ada Lovelace");
    await page.getByLabel(auth.password, { exact: true }).fill(password);
    await take("register");
    await page.getByRole("button", { name: auth.register.action, exact: true }).click();
    await page.getByLabel(profile.you.name, { exact: true }).waitFor();
    await take("profile");
    for (const clientId of ["pipit-cli", "pipit-desktop"]) {
      const form = { grant_type: "password", client_id: clientId, username: "ada", password };
      expect((await page.request.post(`${server.url}/oauth/token`, { form })).status()).toBe(200);
    }
    await page.reload();
    await page.getByRole("button", { name: profile.places.others, exact: true }).scrollIntoViewIfNeeded();
    await take("sessions");
  } finally {
    await context.close();
  }
  return pictures;
}
