import { expect } from "@playwright/test";
import { axeViolations } from "../fixtures/axe.ts";
import { defaultHotkey, type DesktopApp } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";
import { ChatWindow } from "../pages/chat-window.ts";

const button = ({ window }: DesktopApp, name: string) => window.getByRole("button", { name, exact: true });

async function boundsOf(desktop: DesktopApp) {
  const bounds = await desktop.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.getBounds(),
  );
  if (bounds === undefined) throw new Error("There is no window.");
  return bounds;
}

/** The bar, once it is as high as what is in it. */
async function fittedBar(desktop: DesktopApp) {
  const content = desktop.window.locator("#root > div");
  await expect
    .poll(
      async () => Math.ceil((await content.boundingBox())?.height ?? 0) - (await boundsOf(desktop)).height,
    )
    .toBe(0);
  return boundsOf(desktop);
}

test("the chat moves to a window with a frame and back, with all that the composer holds", async ({
  shared: { desktop },
}) => {
  const { chat } = desktop;
  await chat.composer.fill("about this");
  await desktop.window
    .locator("input[type=file]")
    .setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("some notes") });
  const opened = desktop.electron.waitForEvent("window");
  await button(desktop, chat.texts.shell.toWindow).click();
  const own = new ChatWindow(await opened);
  await expect(own.composer).toHaveValue("about this");
  await expect(own.page.getByText("notes.txt")).toBeVisible();
  await expect.poll(() => desktop.isVisible()).toBe(false);

  // Another program takes the keyboard: it stays, as other windows do, and the hotkey brings it back to the front.
  const state = () =>
    desktop.electron.evaluate(({ BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows()[1];
      return [window?.isVisible(), window?.isFocused(), window?.isMinimized()];
    });
  await desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[1]?.blur());
  await expect.poll(state).toEqual([true, false, false]);
  await desktop.pressHotkey();
  await expect.poll(state).toEqual([true, true, false]);
  await desktop.pressHotkey();
  await expect.poll(async () => (await state())[2]).toBe(true);
  await desktop.pressHotkey();
  await expect.poll(state).toEqual([true, true, false]);
  await own.page.keyboard.press("Escape");
  await own.sendButton.click();
  await expect(own.answer("Hello from Pipit.")).toBeVisible();
  expect((await state())[0]).toBe(true);
  expect(await axeViolations(own.page)).toEqual([]);

  await own.composer.fill("one more thing");
  const closed = own.page.waitForEvent("close");
  await desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[1]?.close());
  await closed;
  expect(await desktop.isVisible()).toBe(false);
  await desktop.pressHotkey();
  await expect.poll(() => desktop.isVisible()).toBe(true);
  await expect(chat.answer("Hello from Pipit.")).toBeVisible();
  await expect(chat.composer).toHaveValue("one more thing");
  await expect(desktop.window.getByRole("button", { name: "Remove notes.txt" })).toHaveCount(0);
});

test("the bar is only the composer, grows into the chat around it, and Esc makes it small before it hides it", async ({
  shared: { desktop },
}) => {
  const { chat, window } = desktop;
  const header = window.getByTestId("window-header");
  await desktop.command("updateSettings", { compactBar: true });
  await window.keyboard.press("Escape");
  await expect(header).toHaveCount(0);
  const bar = await fittedBar(desktop);
  expect([await desktop.isVisible(), bar.width, bar.height < 160]).toEqual([true, 640, true]);
  expect(await axeViolations(window)).toEqual([]);
  await window.keyboard.press("Escape");
  await expect.poll(() => desktop.isVisible()).toBe(false);
  await desktop.pressHotkey(defaultHotkey);
  await expect.poll(() => desktop.isFocused()).toBe(true);
  await expect.poll(() => boundsOf(desktop)).toEqual(bar);

  await chat.ask("hello");
  await expect(chat.answer("Hello from Pipit.")).toBeVisible();
  await expect(header).toBeVisible();
  await expect.poll(async () => (await boundsOf(desktop)).height).toBeGreaterThan(400);
  const grown = await boundsOf(desktop);
  expect(grown.y + grown.height).toBe(bar.y + bar.height);
  await window.keyboard.press("Escape");
  await expect(header).toHaveCount(0);
  await expect.poll(() => boundsOf(desktop)).toEqual(bar);

  // More lines than one: it grows by them, and its lower edge stays.
  await chat.composer.fill("one\ntwo\nthree");
  await expect.poll(async () => (await boundsOf(desktop)).height).toBeGreaterThan(bar.height);
  const higher = await fittedBar(desktop);
  expect(higher.y + higher.height).toBe(bar.y + bar.height);
  await button(desktop, chat.texts.chat.showChat).click();
  await expect(header).toBeVisible();
  await expect(chat.composer).toHaveValue("one\ntwo\nthree");
  await desktop.command("updateSettings", { compactBar: false });
  await desktop.hide();
});
