import { expect } from "@playwright/test";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { defaultHotkey, type DesktopApp } from "../fixtures/desktop-app.ts";
import { answerDialogs } from "../fixtures/answer-dialogs.ts";
import { test } from "../fixtures/desktop-test.ts";

/**
 * What macOS and Windows do that Linux does not, by the stand-in's rules (tests/electron-stand-in/FIDELITY.md). None of it can
 * be made to happen on a real desktop by a test.
 */
test.use({ rules: "darwin" });

/** The stand-in's own, in main. */
interface Tools {
  readonly otherAppTakesFocusForTest: () => void;
  readonly setOccludedForTest: (occluded: boolean) => void;
  readonly setDisplaysForTest: (list: readonly unknown[]) => void;
  readonly setCursorForTest: (point: { readonly x: number; readonly y: number }) => void;
  readonly policiesForTest: readonly { readonly policy: string; readonly ready: boolean }[];
}

/** Everything is in place: the keys are taken last. */
const started = (app: DesktopApp): Promise<void> => expect.poll(() => app.pressHotkey()).toBe(true);

const appState = (desktop: DesktopApp) =>
  desktop.electron.evaluate(({ app }) => ({ active: app.isActive(), hidden: app.isHidden() }));

test("D4: the window takes the keyboard, the program under it stays the active one, and gets the keyboard back", async ({
  shared: { desktop },
}) => {
  await desktop.hide();
  await desktop.pressHotkey();
  await expect.poll(() => desktop.isFocused()).toBe(true);
  await expect(desktop.chat.composer).toBeFocused();
  expect(await appState(desktop)).toEqual({ active: false, hidden: false });
  await desktop.window.keyboard.press("Escape");
  await expect.poll(() => desktop.isVisible()).toBe(false);
  await expect.poll(() => appState(desktop)).toEqual({ active: false, hidden: false });
});

test("D4: another program that takes the keyboard hides the window, although only its page is told", async ({
  shared: { desktop },
}) => {
  // The first second is over, in which a loss may pass.
  await desktop.electron.evaluate(({ app }) => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + 2_000;
    (app as unknown as Tools).otherAppTakesFocusForTest();
  });
  await expect.poll(() => desktop.isVisible()).toBe(false);
});

test("D4: a loss of the keyboard that passes while the app starts hides nothing", async ({
  shared: { desktop },
}) => {
  await desktop.hide();
  await desktop.window.evaluate(() => {
    const scope = globalThis as unknown as { left: number };
    scope.left = 0;
    addEventListener("blur", () => (scope.left += 1));
  });
  // Time stands still in main, so that a slow machine is not later than the moment in which a loss may pass.
  await desktop.electron.evaluate(({ app }, name) => {
    const scope = globalThis as unknown as {
      pipitTest: { shortcuts: Map<string, () => void> };
      now: () => number;
    };
    scope.now = performance.now.bind(performance);
    const stopped = performance.now();
    performance.now = () => stopped;
    scope.pipitTest.shortcuts.get(name)?.();
    (app as unknown as Tools).otherAppTakesFocusForTest();
  }, defaultHotkey);
  await desktop.window.waitForFunction(() => (globalThis as unknown as { left: number }).left > 0);
  // Answered after what the preload script has said before.
  await desktop.command("snapshot");
  expect(await desktop.isVisible()).toBe(true);
  await desktop.electron.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.focus();
    performance.now = (globalThis as unknown as { now: () => number }).now;
  });
  await expect.poll(() => desktop.isFocused()).toBe(true);
});

test("a window that others lie over is told of what came meanwhile when it is seen again", async ({
  shared: { desktop, model },
}) => {
  const occlude = (occluded: boolean) =>
    desktop.electron.evaluate(
      ({ BrowserWindow }, over) =>
        (BrowserWindow.getAllWindows()[0] as unknown as Tools).setOccludedForTest(over),
      occluded,
    );
  await occlude(true);
  await desktop.command("send", { text: "while covered" });
  await (
    await model.request(0)
  ).over;
  expect(await desktop.isVisible()).toBe(true);
  await occlude(false);
  await expect(desktop.chat.answer("Hello from Pipit.")).toBeVisible();
});

test("a window with a frame is in the Dock while it is open, and makes the app the active one", async ({
  shared: { desktop },
}) => {
  const policy = () =>
    desktop.electron.evaluate(({ app }) => (app as unknown as Tools).policiesForTest.at(-1)?.policy);
  await desktop.command("shapeWindow", { shape: "window" });
  await expect.poll(policy).toBe("regular");
  await expect.poll(() => appState(desktop)).toEqual({ active: true, hidden: false });
  await desktop.command("shapeWindow", { shape: "panel" });
  await expect.poll(policy).toBe("accessory");
  await expect.poll(() => desktop.isVisible()).toBe(true);
});

test("D2: a log-out in the middle of an answer ends the app, is not interrupted, and the answer is had at the next start; a fault that nothing catches is told", async ({
  desktop,
  model,
  start,
}) => {
  const held = gate();
  model.script(stream(say("One ", "two "), held.step, say("never")));
  await desktop.chat.ask("count");
  await expect(desktop.chat.answer("One two")).toBeVisible();
  expect(await desktop.endSession()).toBe(0);
  expect(desktop.output).not.toContain("interrupted the log-out");
  held.open();
  const again = await start({ args: ["--show"] });
  await again.ready();
  // The first steps are done, so without that word it would wait in the tray.
  await expect.poll(() => again.isVisible()).toBe(true);
  await again.chat.openChats();
  await again.window.getByRole("dialog").getByRole("button", { name: /count/ }).first().click();
  await expect(again.chat.questions).toHaveText([/count/]);
  await expect(again.chat.answer("One two never")).toBeVisible();

  // A fault of main that nothing catches, told in the words of the system: settings may be what is broken.
  const ended = again.ended();
  await again.electron.evaluate(() => void setTimeout(() => void Promise.reject(new Error("planted")), 0));
  expect(await ended).toBe(1);
  expect(again.output).toContain("Pipit met an error in itself");
  expect(await again.fileText("client.log")).toMatch(/"event":"main\.fault".*planted/u);
});

test("D8: an update closes the window and ends the app, which says by its own name what it may not do", async ({
  start,
}) => {
  const app = await start({ env: { STAND_IN_PACKAGED: "1", STAND_IN_SCREEN_ACCESS: "denied" } });
  await app.ready();
  await started(app);
  await expect(app.command("captureScreen", { area: "screen" })).rejects.toThrow(
    "Allow Pipit in System Settings",
  );
  // No icon in the Dock, from the first moment on.
  const policies = ({ app: main }: { readonly app: unknown }) => (main as Tools).policiesForTest;
  expect(await app.electron.evaluate(policies)).toEqual([{ policy: "accessory", ready: false }]);
  const ended = app.ended();
  await app.electron.evaluate(({ autoUpdater }) => setTimeout(() => autoUpdater.quitAndInstall(), 0));
  expect(await ended).toBe(0);
  expect(app.output).not.toContain("interrupted the update");
});

test("D2: by Windows' rules the window has its size on a display of another scale, and the end of a session ends the app by its own way", async ({
  start,
}) => {
  const app = await start({ env: { STAND_IN_PLATFORM: "win32" } });
  await started(app);
  await app.hide();
  await app.electron.evaluate(({ screen }) => {
    const tools = screen as unknown as Tools;
    tools.setDisplaysForTest([
      [{ x: 0, y: 0, width: 1280, height: 800 }, 1],
      [{ x: 1280, y: 0, width: 1920, height: 1080 }, 2],
    ]);
    tools.setCursorForTest({ x: 2000, y: 500 });
  });
  await app.pressHotkey();
  await expect.poll(() => app.isVisible()).toBe(true);
  await expect
    .poll(() => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds()))
    .toEqual({ x: 2020, y: 133, width: 440, height: 680 });
  await app.electron.evaluate(({ app: main }) => void main.once("quit", () => console.log("event quit")));
  expect(await app.endSession()).toBe(0);
  // Not killed by the system: Electron does that to an app that has not begun to quit by then.
  expect(app.output).toContain("event quit");
  expect(app.output).not.toContain("interrupted the log-out");
});

test("the clipboard is taken for selected text only once the person lets it be", async ({
  shared: { desktop },
}) => {
  const { window, chat } = desktop;
  await desktop.command("updateSettings", { selectionHotkey: "Alt+Shift+T" });
  await desktop.electron.evaluate(({ clipboard }) => clipboard.writeText("what was copied"));
  await expect.poll(() => desktop.pressHotkey("Alt+Shift+T")).toBe(true);
  await expect(window.getByRole("alert")).toContainText("Allow in the settings");
  await expect(chat.composer).toHaveValue("");
  await window.getByRole("button", { name: "Settings", exact: true }).click();
  await window.getByRole("switch", { name: "Take the clipboard for it" }).click();
  await expect.poll(async () => (await desktop.settings())["selectionFromClipboard"]).toBe(true);
  // The page could have set that: the person is asked by the app itself, once.
  await answerDialogs(desktop, "Allow");
  await desktop.pressHotkey("Alt+Shift+T");
  await expect(chat.composer).toHaveValue("what was copied");
  await desktop.command("updateSettings", { selectionHotkey: "", selectionFromClipboard: false });
});
