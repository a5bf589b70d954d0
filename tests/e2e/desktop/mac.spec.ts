import { expect } from "@playwright/test";
import { driver } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";

interface AccessHook {
  setAccessForTest(access: { readonly screen: "granted" | "denied" }): void;
}
interface Hooks {
  readonly pipitTest: { readonly tray: { emit(event: string): void } };
}

/** As in mac-and-windows.spec.ts, whose app it is. */
test.use({ rules: "darwin" });

test("macOS: a menu in the person's language, a window for what is dragged, a screen that is refused and taken back with its cure, and a drawing process that crashes", async ({
  shared: { desktop: app },
}) => {
  test.skip(driver === "electron" && process.platform !== "darwin", "rules of macOS, which this is not");
  const menus = () =>
    app.electron.evaluate(({ Menu }) => Menu.getApplicationMenu()?.items.map(({ label }) => label));
  expect(await menus()).toEqual(["Pipit", "Edit", "Window"]);
  await app.command("updateSettings", { language: "ru" });
  await expect.poll(menus).toEqual(["Pipit", "Правка", "Окно"]);

  await app.hide();
  await app.electron.evaluate(() => (globalThis as unknown as Hooks).pipitTest.tray.emit("drag-enter"));
  await expect.poll(() => app.isVisible()).toBe(true);

  const setAccess = (screen: "granted" | "denied") =>
    app.electron.evaluate(
      ({ systemPreferences }, said) =>
        (systemPreferences as unknown as AccessHook).setAccessForTest({ screen: said }),
      screen,
    );
  await setAccess("denied");
  await expect(app.command("captureScreen", { area: "screen" })).rejects.toThrow(
    "Allow the terminal that Pipit was started from in System Settings",
  );
  await app.command("openScreenSettings");
  expect(await app.openedLinks()).toEqual([
    "x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture",
  ]);

  // Allowed, and taken back, while the app runs: each picture asks again.
  const { chat } = app;
  await app.command("updateSettings", { language: "en" });
  await setAccess("granted");
  await chat.takeScreenshot();
  await chat.removePictureButton.click();
  await setAccess("denied");
  await chat.takeScreenshot();
  await expect(app.window.getByRole("button", { name: "Open System Settings" })).toBeVisible();
  await expect(chat.removePictureButton).toHaveCount(0);
  await app.window.getByRole("button", { name: "Dismiss" }).click();
  await setAccess("granted");

  // Chromium starts it anew: the window goes on.
  await app.electron.evaluate(({ app: main }) => {
    const details = { type: "GPU", reason: "crashed", exitCode: 139 };
    main.emit("child-process-gone", { preventDefault: () => undefined }, details);
  });
  await expect.poll(() => app.fileText("client.log")).toMatch(/"event":"process\.gone".*"type":"GPU"/u);
  expect(await app.authState()).toMatchObject({ kind: "signed-in" });
});
