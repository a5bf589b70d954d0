import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { openX11Program } from "#tests/doubles/x11-program.ts";
import { DesktopApp } from "#tests/e2e/fixtures/desktop-app.ts";
import { ChatWindow } from "#tests/e2e/pages/chat-window.ts";
import { buildParts } from "#tools/build/build-part.ts";
import { allParts } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "../test/command.ts";
import { startService } from "../test/service-process.ts";
import { startServices } from "../test/services.ts";
import { writePicture } from "./picture-file.ts";
import { sampleConversations } from "./sample-conversation.ts";

const regionHotkey = "Alt+Shift+4";
const selectionHotkey = "Alt+Shift+T";
const looks = [
  { language: "en", theme: "light" },
  { language: "ru", theme: "dark" },
] as const;
type Look = (typeof looks)[number];
const samplePrompts = {
  en: [
    { name: "shorter", text: "Say this in half as many words: {selection}", hotkey: "Alt+Shift+S" },
    { name: "explain", text: "Explain {clipboard} to a beginner. {input}" },
  ],
  ru: [
    { name: "короче", text: "Скажи это вдвое короче: {selection}", hotkey: "Alt+Shift+S" },
    { name: "объясни", text: "Объясни новичку: {clipboard}. {input}" },
  ],
} as const;

/**
 * What only the desktop app has, on its stand-in for Electron, in two looks. Writes `desktop-STATE-THEME-LANGUAGE.png`.
 * The notification is not among them: the system draws it.
 */
export async function desktopPictures(folder: string, signal: AbortSignal): Promise<void> {
  await buildParts(allParts(repositoryRoot), { root: repositoryRoot, say: console.log }, signal);
  await using services = await startServices(["display", "secrets", "sound"], signal);
  // What is behind the panel, and in the picture of a part of the screen.
  await using _ = startService({
    name: "xterm",
    command: "xterm",
    args: [
      "-geometry",
      "150x60+40+20",
      "-fa",
      "DejaVu Sans Mono",
      "-fs",
      "9",
      "-e",
      "less",
      join(repositoryRoot, "LICENSE"),
    ],
    env: services.env,
  });
  for (const look of looks) {
    signal.throwIfAborted();
    const name = `${look.theme}-${look.language}`;
    const take = async (state: string, page: Page): Promise<void> => {
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      const png = await page.screenshot({ animations: "disabled", caret: "hide" });
      await writePicture(png, join(folder, `desktop-${state}-${name}.png`));
    };
    await picturesOf(look, services.env, take);
    console.log(`screenshots: desktop ${name}`);
  }
}

type Take = (state: string, page: Page) => Promise<void>;

async function picturesOf(look: Look, env: Readonly<Record<string, string>>, take: Take): Promise<void> {
  const sample = sampleConversations[look.language];
  await using model = await startOpenAiDouble(stream(say(sample.answer)), { models: ["llama3.2"] });
  const home = await mkdtemp(join(tmpdir(), "pipit-desktop-"));
  const models = {
    PIPIT_MODEL_URL: model.url,
    PIPIT_TITLES: "0",
    PIPIT_MEMORIES: "0",
    PIPIT_MODEL: "llama3.2",
  };
  const desktop = await DesktopApp.start({
    home,
    env: { ...env, PIPIT_HOME: home, ...models },
    language: look.language,
  });
  try {
    await desktop.ready();
    await desktop.command("updateSettings", {
      theme: look.theme,
      regionHotkey,
      selectionHotkey,
      tellPrograms: true,
    });
    await attachments(desktop, take);
    await prompts(desktop, look, take);
    await selection(desktop, requireDisplay(env), sample.question, take);
    await ownWindow(desktop, take);
    await bar(desktop, take);
  } finally {
    await desktop.kill();
    await rm(home, { recursive: true, force: true });
  }
}

/** A part of the screen is chosen; it and a document stand in the composer. */
async function attachments(desktop: DesktopApp, take: Take): Promise<void> {
  await desktop.hide();
  const [cover] = await Promise.all([
    desktop.electron.waitForEvent("window"),
    desktop.pressHotkey(regionHotkey),
  ]);
  await expect(cover.getByRole("main")).toBeFocused();
  await cover.mouse.move(320, 200);
  await cover.mouse.down();
  await cover.mouse.move(900, 560);
  await take("region", cover);
  // The cover's page is gone in the middle of the press.
  await cover.mouse.up().catch(() => undefined);
  await expect.poll(() => desktop.isVisible()).toBe(true);
  const report = { name: "report.txt", mimeType: "text/plain", buffer: Buffer.from("Savings grew by 4%.") };
  await desktop.window.locator("input[type=file]").setInputFiles(report);
  await expect(desktop.window.getByText("report.txt")).toBeVisible();
  await take("attachments", desktop.window);
  await desktop.chat.newChat();
}

async function prompts(desktop: DesktopApp, { language }: Look, take: Take): Promise<void> {
  await desktop.command("savePrompts", { prompts: samplePrompts[language] });
  const dialog = await desktop.chat.openPrompts();
  await expect(dialog.getByText(`/${samplePrompts[language][0].name}`)).toBeVisible();
  await take("prompts", desktop.window);
  await desktop.window.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
}

/** A text that is selected in another program, the question whether to tell its name, and the answer on its way back. */
async function selection(desktop: DesktopApp, display: string, text: string, take: Take): Promise<void> {
  const { chat, window } = desktop;
  await using others = new AsyncDisposableStack();
  others.use(await openX11Program(display, "Notes", "Savings"));
  await desktop.electron.evaluate(({ clipboard }, selected) => clipboard.selection.writeText(selected), text);
  await desktop.hide();
  await desktop.pressHotkey(selectionHotkey);
  await expect(chat.composer).toHaveValue(text);
  await expect(window.getByRole("group", { name: /Notes/u })).toBeVisible();
  await take("selection", window);
  await chat.composer.press("Enter");
  await expect(chat.answers).toContainText("log(1 + rate)");
  await expect(chat.stopButton).toBeHidden();
  await take("replace", window);
}

/** The same chat in a window with a frame, beside the list of chats. */
async function ownWindow(desktop: DesktopApp, take: Take): Promise<void> {
  const opening = desktop.electron.waitForEvent("window");
  await desktop.window.getByRole("button", { name: desktop.chat.texts.shell.toWindow, exact: true }).click();
  const chat = new ChatWindow(await opening);
  await expect(chat.answers).toContainText("log(1 + rate)");
  await desktop.electron.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[1]?.setBounds({ x: 0, y: 0, width: 1280, height: 800 });
  });
  await expect.poll(() => chat.page.evaluate(() => innerWidth)).toBe(1280);
  await take("window", chat.page);
  const closed = chat.page.waitForEvent("close");
  await desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[1]?.close());
  await closed;
}

async function bar(desktop: DesktopApp, take: Take): Promise<void> {
  await desktop.command("updateSettings", { compactBar: true });
  await desktop.pressHotkey();
  await expect.poll(() => desktop.isVisible()).toBe(true);
  await desktop.window.keyboard.press("Escape");
  await expect(desktop.window.getByTestId("window-header")).toHaveCount(0);
  await expect.poll(() => desktop.window.evaluate(() => innerHeight)).toBeLessThan(200);
  await take("bar", desktop.window);
}

function requireDisplay(env: Readonly<Record<string, string>>): string {
  const display = env["DISPLAY"];
  if (display === undefined) throw new Error("There is no display.");
  return display;
}
