import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import sharp from "sharp";
import { runCommand } from "#tools/test/command.ts";
import { driver, environment, type DesktopApp } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";

const regionHotkey = "Alt+Shift+4";

interface Hooks {
  setDisplaysForTest(displays: readonly (readonly [object, number])[]): void;
  setWindowsForTest(windows: readonly object[]): void;
}

/** Of the tests' screen: 1280 x 800 pixels. */
const withScale = (desktop: DesktopApp, scale: number) =>
  desktop.electron.evaluate(({ screen }, factor) => {
    const bounds = { x: 0, y: 0, width: 1280 / factor, height: 800 / factor };
    (screen as unknown as Hooks).setDisplaysForTest([[bounds, factor]]);
  }, scale);

/** The window that covers the display, once it shows the display's picture. */
async function cover(desktop: DesktopApp, begin: () => Promise<unknown>): Promise<Page> {
  const [page] = await Promise.all([desktop.electron.waitForEvent("window"), begin()]);
  await expect(page.getByRole("main", { name: "Choose a part of the screen" })).toBeFocused();
  return page;
}

/** The page is gone in the middle of the press that ends the choice. */
const ending = (press: Promise<void>) => press.catch(() => undefined);

test("a part of the screen, or a window, is chosen, looked at and can be sent; Esc and an unplugged display choose nothing", async ({
  shared: { desktop, model },
}) => {
  test.skip(driver === "electron", "displays and windows of other programs cannot be made by a test");
  const { window, chat } = desktop;
  const picture = (size: string) => window.getByText(size);
  await desktop.command("updateSettings", { regionHotkey });
  // Twice as many pixels as points.
  await withScale(desktop, 2);
  await desktop.hide();
  const press = () => desktop.pressHotkey(regionHotkey);

  const first = await cover(desktop, press);
  await first.mouse.move(320, 200);
  await first.mouse.down();
  await first.mouse.move(640, 400);
  await ending(first.mouse.up());
  await expect.poll(() => desktop.isVisible()).toBe(true);
  await expect(picture("640 × 400")).toBeVisible();
  await chat.removePictureButton.click();

  // By the composer's button and the keyboard; the hidden window comes back.
  const byKeys = await cover(desktop, async () => {
    await chat.screenshotButton.click();
    await window.getByRole("button", { name: "A part" }).click();
  });
  await byKeys.keyboard.press("ArrowDown");
  await ending(byKeys.keyboard.press("Enter"));
  await expect(picture("640 × 400")).toBeVisible();
  await chat.removePictureButton.click();

  await desktop.hide();
  const left = await cover(desktop, press);
  await ending(left.keyboard.press("Escape"));
  await expect.poll(() => desktop.electron.windows().length).toBe(1);
  expect(await desktop.isVisible()).toBe(false);

  // For a terminal: the chosen part goes with its message, and no file of it stays.
  const args = ["cli/pipit.js", "chat", "--once", "and this?", "--no-audio", "--screenshot=region"];
  const env = environment({ home: desktop.home, env: {} });
  let asked: ReturnType<typeof runCommand> | undefined;
  const forTerminal = await cover(desktop, async () => {
    asked = runCommand("node", args, { env }, AbortSignal.timeout(60_000));
  });
  await forTerminal.keyboard.press("ArrowDown");
  await ending(forTerminal.keyboard.press("Enter"));
  expect(await asked).toMatchObject({ code: 0, stdout: expect.stringContaining("Hello from Pipit.") });
  const sent = Buffer.from(model.requests.at(-1)?.images[0] ?? []);
  expect(await sharp(sent).metadata()).toMatchObject({ format: "jpeg", width: 640, height: 400 });
  const kept = await readdir(join(desktop.home, "desktop"));
  expect(kept.filter((name) => name.endsWith(".jpg"))).toEqual([]);
  expect(await desktop.isVisible()).toBe(false);

  await cover(desktop, press);
  await withScale(desktop, 1);
  await expect.poll(() => desktop.isVisible()).toBe(true);
  await expect(window.getByText("A display was connected, disconnected or changed meanwhile.")).toBeVisible();
  await window.getByRole("button", { name: "Dismiss" }).click();
  expect(desktop.electron.windows()).toHaveLength(1);

  await desktop.electron.evaluate(({ desktopCapturer }) => {
    const capturer = desktopCapturer as unknown as Hooks;
    capturer.setWindowsForTest([{ name: "Notes", width: 800, height: 600 }]);
  });
  await desktop.hide();
  await desktop.clickTray("pictureWindow");
  const dialog = window.getByRole("dialog", { name: "What should the picture show?" });
  // Our own window is none of them.
  await expect(dialog.getByRole("listitem")).toHaveText(["Notes"]);
  await dialog.getByRole("button", { name: "Notes" }).click();
  await expect(picture("800 × 600")).toBeVisible();
  await chat.removePictureButton.click();

  await desktop.command("updateSettings", { screenshot: "never" });
  await press();
  // Why is said in its details.
  await expect(window.getByText("Pictures of the screen are switched off")).toHaveCount(1);
  await window.getByRole("button", { name: "Dismiss" }).click();
  await desktop.command("updateSettings", { screenshot: "ask", regionHotkey: "" });
});
