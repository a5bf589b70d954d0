import { join } from "node:path";
import { expect, type Browser, type Page } from "@playwright/test";
import { rooms as english } from "#renderer/i18n/en/rooms.ts";
import { rooms as russian } from "#renderer/i18n/ru/rooms.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startPipitServer, type PipitServer } from "#tests/e2e/fixtures/pipit-server.ts";
import { ChatWindow } from "#tests/e2e/pages/chat-window.ts";
import type { PageLanguage } from "#tests/e2e/pages/texts.ts";
import { writePicture, writeSideBySide } from "./picture-file.ts";
import { sampleConversations, type SampleConversation } from "./sample-conversation.ts";
import { lookOf, openBrowser } from "./window-browser.ts";

/** The panel of the desktop app. */
const viewport = { width: 440, height: 680 };
const themes = ["light", "dark"] as const;
const languages: readonly PageLanguage[] = ["en", "ru"];

/** One look of the window; `name` ends the names of its files. */
interface Look {
  readonly name: string;
  readonly theme: (typeof themes)[number];
  readonly language: PageLanguage;
}

/**
 * The real page of a real server, in every main state, both themes and both languages. Only the language model is a
 * double. Writes `window-STATE-THEME-LANGUAGE.png`, and `window.png` with both themes side by side.
 */
export async function windowPictures(folder: string, signal: AbortSignal): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const browser = await openBrowser(signal);
  cleanup.defer(() => browser.close());
  const chats: Buffer[] = [];
  for (const language of languages) {
    for (const theme of themes) {
      signal.throwIfAborted();
      const look = { name: `${theme}-${language}`, theme, language };
      const pictures = await picturesOf(browser, look);
      for (const [state, png] of pictures) {
        await writePicture(png, join(folder, `window-${state}-${look.name}.png`));
      }
      const chat = pictures.get("chat");
      if (language === "en" && chat !== undefined) chats.push(chat);
      console.log(`screenshots: window ${look.name}: ${[...pictures.keys()].join(", ")}`);
    }
  }
  await writeSideBySide(chats, join(folder, "window.png"));
}

/** A server, a home and a browser of its own for each look, so that no state of one shows in another. */
async function picturesOf(browser: Browser, look: Look): Promise<ReadonlyMap<string, Buffer>> {
  const sample = sampleConversations[look.language];
  await using model = await startOpenAiDouble(stream(say(sample.answer)), { models: ["llama3.2"] });
  await using server = await startPipitServer({
    PIPIT_MODEL_URL: model.url,
    PIPIT_TITLES: "0",
    PIPIT_MEMORIES: "0",
    PIPIT_MODEL: "llama3.2",
  });
  const context = await browser.newContext(lookOf(look.theme, look.language, viewport));
  try {
    const page = await context.newPage();
    return await pass(page, server, look, sample);
  } finally {
    await context.close();
  }
}

/** Goes through the states as a person would meet them. */
async function pass(
  page: Page,
  server: PipitServer,
  look: Look,
  sample: SampleConversation,
): Promise<ReadonlyMap<string, Buffer>> {
  const chat = new ChatWindow(page, look.language);
  const pictures = new Map<string, Buffer>();
  const take = async (state: string): Promise<void> => {
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    // The font of formulas comes with the first of them.
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    pictures.set(state, await page.screenshot({ animations: "disabled", caret: "hide" }));
  };
  await page.goto(server.url);
  await chat.account.or(chat.skipFirstRunButton).first().waitFor();
  await take("sign-in");

  await chat.openAddress(await server.signInAddress());
  await chat.composer.or(chat.skipFirstRunButton).first().waitFor();
  if (await chat.skipFirstRunButton.isVisible()) {
    // The address has opened the page before it has signed in.
    await page.getByRole("button", { name: chat.texts.firstRun.done, exact: true }).waitFor();
    await take("first-run");
  }
  await chat.reachComposer();
  await take("empty");

  await chat.ask(sample.question);
  await expect(chat.answers).toContainText("log(1 + rate)");
  await expect(chat.stopButton).toBeHidden();
  await take("chat");

  await chat.openSettings();
  await expect(page.getByText(chat.texts.settings.general.language).first()).toBeVisible();
  await take("settings");
  await chat.leaveSettings();

  await askInRoom(page, chat, look.language, sample);
  await take("room");
  await page.goBack();

  await server.kill();
  await chat.ask(sample.waiting);
  await expect(chat.question(sample.waiting)).toBeVisible();
  await expect(chat.connection).toContainText("1");
  await take("offline");
  return pictures;
}

/** In the common room, where the assistant answers to all. */
async function askInRoom(
  page: Page,
  chat: ChatWindow,
  language: PageLanguage,
  { question }: SampleConversation,
): Promise<void> {
  const texts = { en: english, ru: russian }[language];
  // Beside a list of rooms, which the panel has no room for; a load of the page would lose sight of the chat.
  await page.setViewportSize({ ...viewport, width: 1280 });
  const { rooms } = chat.texts.shell;
  await page.locator("[data-room-row]").filter({ hasText: rooms.everyone }).click();
  await page.setViewportSize(viewport);
  await page.getByRole("textbox", { name: texts.composer }).fill(`@pipit ${question}`);
  await page.keyboard.press("Enter");
  const lines = page.getByRole("log", { name: texts.conversation }).locator("article");
  await expect(lines.last()).toContainText("log(1 + rate)");
  await expect(page.getByRole("button", { name: texts.stopAnswer, exact: true })).toBeHidden();
}
