import { expect } from "@playwright/test";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { defaultHotkey, driver, environment, mainEntry, standIn } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The stand-in's own, in main. */
interface Tools {
  setDisplaysForTest(list: readonly unknown[]): void;
  setCursorForTest(point: object): void;
}

const signal = () => AbortSignal.timeout(90_000);

test.describe("bringing the window up", () => {
  test("the hotkey shows the window with the caret in the composer, and hides it again", async ({
    shared: { desktop },
  }) => {
    await desktop.hide();
    await expect.poll(() => desktop.pressHotkey()).toBe(true);
    await expect.poll(() => desktop.isVisible()).toBe(true);
    await expect.poll(() => desktop.isFocused()).toBe(true);
    await expect(desktop.chat.composer).toBeFocused();
    await desktop.window.keyboard.type("typed at once");
    await expect(desktop.chat.composer).toHaveValue("typed at once");
    await desktop.pressHotkey();
    await expect.poll(() => desktop.isVisible()).toBe(false);
  });

  test("Esc hides the window, and what was typed is still there", async ({ shared: { desktop } }) => {
    await desktop.chat.composer.fill("half a thought");
    await desktop.window.keyboard.press("Escape");
    await expect.poll(() => desktop.isVisible()).toBe(false);
    await desktop.pressHotkey();
    await expect.poll(() => desktop.isVisible()).toBe(true);
    await expect(desktop.chat.composer).toHaveValue("half a thought");
  });

  test("another window that takes the focus hides it, unless it is pinned", async ({
    shared: { desktop },
  }) => {
    const blur = () =>
      desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.blur());
    await desktop.show();
    await blur();
    await expect.poll(() => desktop.isVisible()).toBe(false);
    await desktop.show();
    const pin = desktop.window.getByRole("button", { name: desktop.chat.texts.shell.pin });
    await pin.click();
    await expect.poll(async () => (await desktop.settings())["pinned"]).toBe(true);
    await blur();
    await expect.poll(() => desktop.isFocused()).toBe(false);
    expect(await desktop.isVisible()).toBe(true);
    await pin.click();
    await expect.poll(async () => (await desktop.settings())["pinned"]).toBe(false);
  });

  test("the window comes up on the display of the cursor, where it was left there, and into sight when that display goes", async ({
    shared: { desktop },
  }) => {
    test.skip(driver === "electron", "displays cannot be plugged in by a test");
    const bounds = () =>
      desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());
    const setBounds = (place: Partial<Rectangle>) =>
      desktop.electron.evaluate(
        ({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setBounds(to),
        place,
      );
    const setScreen = (displays: readonly (readonly [Rectangle, number])[], cursor: object) =>
      desktop.electron.evaluate(
        ({ screen }, to) => {
          const tools = screen as unknown as Tools;
          tools.setDisplaysForTest(to.displays);
          tools.setCursorForTest(to.cursor);
        },
        { displays, cursor },
      );
    const only = [{ x: 0, y: 0, width: 1280, height: 800 }, 1] as const;
    const other = [{ x: 1280, y: 0, width: 1920, height: 1080 }, 2] as const;
    const before = await bounds();
    await desktop.hide();
    await setScreen([only, other], { x: 2000, y: 500 });
    await desktop.pressHotkey();
    await expect.poll(() => desktop.isVisible()).toBe(true);
    await expect.poll(async () => (await bounds())?.x).toBeGreaterThanOrEqual(1280);
    const moved = { x: 1400, y: 100, width: 500, height: 640 };
    await setBounds(moved);
    await desktop.window.keyboard.press("Escape");
    await expect.poll(() => desktop.isVisible()).toBe(false);
    await desktop.pressHotkey();
    await expect.poll(bounds).toEqual(moved);
    // That display is unplugged: what was on it comes wholly into sight.
    await setScreen([only], { x: 640, y: 400 });
    await expect.poll(bounds).toEqual({ ...moved, x: 780 });
    await setBounds(before ?? {});
    await expect.poll(bounds).toEqual(before);
  });

  test("[D5], [D7]: a hotkey that another program has is refused, with the command to bind instead; it and the start at login name the installed program; without a tray, too, the app shows its window and works", async ({
    start,
  }) => {
    test.skip(driver === "electron", "a binary of a development is not installed");
    const appImage = "/home/ada/Pipit.AppImage";
    const app = await start({
      env: {
        PIPIT_TEST_TAKEN_HOTKEYS: defaultHotkey,
        STAND_IN_PACKAGED: "1",
        APPIMAGE: appImage,
        DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere",
        STAND_IN_NO_TRAY: "1",
      },
    });
    await app.ready();
    expect(await app.tray()).toEqual([]);
    await expect.poll(() => app.isVisible()).toBe(true);
    await app.chat.ask("hello");
    await expect(app.chat.answer("Hello from Pipit.")).toBeVisible();
    expect(await app.pressHotkey()).toBe(false);
    await app.chat.openSettings();
    await expect(app.chat.settings).toContainText(/Another program uses these keys/);
    await expect(app.chat.settings).toContainText(`"${appImage}" --toggle`);
    await app.command("updateSettings", { startAtLogin: true });
    await expect.poll(() => app.fileText(".config/autostart/pipit.desktop")).toContain(`Exec="${appImage}"`);
    expect(await app.electron.evaluate(({ app: main }) => main.isDefaultProtocolClient("pipit"))).toBe(true);
  });

  test("pipit toggle hides and shows the window of the app that runs", async ({ shared: { desktop } }) => {
    const env = environment({ home: desktop.home, env: {} });
    const toggle = () => runCommand("node", ["cli/pipit.js", "toggle"], { env }, signal());
    await desktop.show();
    expect(await toggle()).toMatchObject({ code: 0 });
    await expect.poll(() => desktop.isVisible()).toBe(false);
    expect(await toggle()).toMatchObject({ code: 0 });
    await expect.poll(() => desktop.isVisible()).toBe(true);
  });

  test("[5.1-19] a second start shows the window of the first and ends", async ({ shared: { desktop } }) => {
    test.skip(driver === "electron", "the second start needs the driver's own launcher");
    await desktop.hide();
    const env = environment({ home: desktop.home, env: {} });
    const second = await runCommand(standIn, [mainEntry], { env, cwd: repositoryRoot }, signal());
    expect(second.code).toBe(0);
    await expect.poll(() => desktop.isVisible()).toBe(true);
    expect(desktop.electron.windows()).toHaveLength(1);
  });
});

test.describe("[5.1-18] links from outside", () => {
  test("[5.1-18] a link at a second start fills the composer and sends nothing", async ({
    shared: { desktop, model },
  }) => {
    test.skip(driver === "electron", "the second start needs the driver's own launcher");
    await desktop.hide();
    const env = environment({ home: desktop.home, env: {} });
    const args = [mainEntry, "pipit://new?text=second"];
    expect(await runCommand(standIn, args, { env }, signal())).toMatchObject({ code: 0 });
    await expect.poll(() => desktop.isVisible()).toBe(true);
    await expect(desktop.chat.composer).toHaveValue("second");
    expect(model.requests).toHaveLength(0);
  });

  test("[5.1-18] a link opened by the system while the app runs fills the composer", async ({
    shared: { desktop, model },
  }) => {
    await desktop.electron.evaluate(({ app }) => {
      app.emit("open-url", { preventDefault: () => undefined }, "pipit://new?text=warm");
    });
    await expect(desktop.chat.composer).toHaveValue("warm");
    expect(model.requests).toHaveLength(0);
  });

  for (const [what, link] of [
    ["another host", "pipit://evil/?text=x"],
    ["a path", "pipit://new/../../settings?text=x"],
    ["a second parameter", "pipit://new?text=x&send=1"],
    ["a user name", "pipit://me@new?text=x"],
    ["a text that is too long", `pipit://new?text=${"x".repeat(9_000)}`],
  ] as const) {
    test(`[5.1-18] a link with ${what} does nothing`, async ({ standing: { desktop } }) => {
      await desktop.hide();
      await desktop.electron.evaluate(({ app }, url) => {
        app.emit("open-url", { preventDefault: () => undefined }, url);
      }, link);
      expect(await desktop.authState()).toMatchObject({ kind: "signed-in" });
      expect(await desktop.isVisible()).toBe(false);
      await expect(desktop.chat.composer).toHaveValue("");
    });
  }
});
