import { expect, type Page } from "@playwright/test";
import { test } from "../fixtures/window-test.ts";

/** The setting as the host now has it. */
const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

test("theme and language apply at once", async ({ gallery, page }) => {
  await gallery.open("settings", { theme: "light", language: "en" });
  await section(page, "General").getByText("Dark").click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.getByLabel("Language").selectOption({ label: "Русский" });
  await expect(page.getByRole("heading", { name: "Настройки" })).toBeVisible();
});

test("a newer version is told of and can be had without a tray", async ({ gallery, page }) => {
  await gallery.open("settings");
  const about = section(page, "About");
  await expect(about.getByRole("button", { name: "Check for updates" })).toHaveCount(0);
  const { script } = gallery;
  await script((host) =>
    host.app.setState({ update: { kind: "downloading", version: "2.0.0", percent: 40 } }),
  );
  await expect(about.getByRole("status")).toHaveText("Downloading version 2.0.0: 40%");
  await expect(about.getByRole("button", { name: "Check for updates" })).toBeDisabled();
  await script((host) => host.app.setState({ update: { kind: "failed", problem: "interrupted" } }));
  await expect(about.getByRole("status")).toContainText("broke off");
  await script((host) => host.app.setState({ update: { kind: "available", version: "2.0.0", notes: "" } }));
  await about.getByRole("button", { name: "Update…" }).click();
  const asked = () => gallery.script((host) => host.calls.map(({ name }) => name));
  await expect.poll(asked).toContain("chooseUpdate");
});

test("radio groups are moved through by arrow keys", async ({ gallery, page }) => {
  await gallery.open("settings", { theme: "light" });
  await page.getByRole("radio", { name: "Light" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("radio", { name: "Dark" })).toBeChecked();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("U15: a list in a narrow window is as wide as what it says", async ({ gallery, page }) => {
  await gallery.open("settings", { language: "en" });
  const list = page.getByLabel("Messages kept in the window");
  const widthAt = async (width: number) => {
    await page.setViewportSize({ width, height: 680 });
    return (await list.boundingBox())?.width;
  };
  expect(await widthAt(390)).toBe(await widthAt(1280));
});

test("switches, history size and volume are handed to the host", async ({ gallery, page }) => {
  await gallery.open("settings");
  await page.getByRole("switch", { name: "Read answers aloud" }).click();
  await page.getByLabel("Messages kept in the window").selectOption({ label: "1,000" });
  await page.getByRole("slider", { name: "Volume" }).press("ArrowLeft");
  await expect
    .poll(() =>
      gallery.script((host) => {
        const { speak, historySize, volume } = host.app.getState().settings;
        return { speak, historySize, volume };
      }),
    )
    .toEqual({ speak: true, historySize: 1000, volume: 0.95 });
});

test("a volume on its way is not saved step by step", async ({ gallery, page }) => {
  await gallery.open("settings");
  const slider = page.getByRole("slider", { name: "Volume" });
  // Waits until it stands still: what is above it may still be loaded.
  await slider.hover();
  const box = await slider.boundingBox();
  if (box === null) throw new Error("the slider has no box");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width - 8, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, y, { steps: 10 });
  expect(
    await gallery.script((host) => host.calls.filter(({ name }) => name === "updateSettings").length),
  ).toBe(0);
  await page.mouse.up();
  await expect
    .poll(() => gallery.script((host) => host.calls.filter(({ name }) => name === "updateSettings").length))
    .toBe(1);
});

test("each choice for the screen says what is sent", async ({ gallery, page }) => {
  await gallery.open("settings");
  const screen = section(page, "Screen");
  await expect(screen).toContainText("only when you press its button");
  await screen.getByText("Always").click();
  await expect(screen).toContainText("each time the hotkey opens Pipit");
  await screen.getByText("Never").click();
  await expect(screen.getByRole("group", { name: "Picture of the screen" })).toHaveAccessibleDescription(
    "Pipit never takes a picture of the screen.",
  );
});

test("a change that could not be saved says so at its place, and shows what still holds", async ({
  gallery,
  page,
}) => {
  await gallery.open("settings-unsaved");
  const all = page.getByRole("switch", { name: "Answers may use all chats" });
  await all.click();
  await expect(section(page, "Chat").getByRole("alert")).toContainText(
    "Not saved. There is no space left to save. Free some space",
  );
  await expect(all).not.toBeChecked();
});

test("what this machine cannot do is disabled, with the reason and the cure", async ({ gallery, page }) => {
  await gallery.open("settings-limited");
  await expect(page.getByRole("switch", { name: "Start at login" })).toBeDisabled();
  await expect(page.getByRole("switch", { name: "Start at login" })).toHaveAccessibleDescription(
    /This works once it is installed/u,
  );
  await expect(page.getByRole("switch", { name: "Read answers aloud" })).toBeDisabled();
  await expect(section(page, "Screen")).toContainText("There is no display");
  await expect(page.getByRole("radio", { name: "Always" })).toBeDisabled();
  await expect(section(page, "General")).toContainText("This desktop has no tray");
});

test("a page offers nothing that only the app can do", async ({ gallery, page }) => {
  await gallery.open("settings-page");
  await expect(section(page, "Server")).toContainText("This page belongs to http://127.0.0.1:8787.");
  await expect(section(page, "Hotkey")).toHaveCount(0);
  await expect(section(page, "Screen")).toHaveCount(0);
  await expect(page.getByText("Start at login")).toHaveCount(0);
  await expect(page.getByText("A page in a browser cannot do this.")).toHaveCount(0);
  await expect(section(page, "About")).not.toContainText("New chat");
});

test.describe("server", () => {
  test("another address is checked, made whole and used", async ({ gallery, page }) => {
    await gallery.open("settings");
    const server = section(page, "Server");
    await server.getByText("Another address").click();
    const field = server.getByLabel("Server address");
    await server.getByRole("button", { name: "Use it" }).click();
    await expect(field).toHaveAccessibleDescription(/Write the server's address/u);
    await field.fill("http://pipit.example.org");
    await page.keyboard.press("Enter");
    await expect(field).toHaveAccessibleDescription(/needs https/u);
    await field.fill("pipit.example.org");
    await page.keyboard.press("Enter");
    await expect(field).toHaveValue("https://pipit.example.org");
    await expect
      .poll(() => gallery.script((host) => host.app.getState().settings.serverUrl))
      .toBe("https://pipit.example.org");
  });

  test("this computer's own is one click away", async ({ gallery, page }) => {
    await gallery.open("settings-limited");
    await section(page, "Server").getByText("This computer").click();
    await expect(section(page, "Server").getByLabel("Server address")).toHaveCount(0);
    await expect.poll(() => gallery.script((host) => host.app.getState().settings.serverUrl)).toBe("");
  });
});

test.describe("hotkey", () => {
  test("takes the keys that are pressed, and the host sets them", async ({ gallery, page }) => {
    await gallery.open("settings");
    await page.getByRole("button", { name: "Change" }).click();
    const recorder = page.getByRole("button", { name: /Recording the hotkey/u });
    await expect(recorder).toBeFocused();
    await page.keyboard.down("Control");
    await expect(recorder).toHaveText("Ctrl");
    await page.keyboard.down("Alt");
    await expect(recorder).toHaveText("CtrlAlt");
    await page.keyboard.press("KeyJ");
    await page.keyboard.up("Alt");
    await page.keyboard.up("Control");
    await expect(recorder).toHaveCount(0);
    await expect
      .poll(() => gallery.script((host) => host.app.getState().settings.hotkey))
      .toBe("CommandOrControl+Alt+J");
  });

  test("a letter alone is refused with the reason", async ({ gallery, page }) => {
    await gallery.open("settings");
    await page.getByRole("button", { name: "Change" }).click();
    await expect(page.getByRole("button", { name: /Recording the hotkey/u })).toBeFocused();
    await page.keyboard.press("KeyJ");
    await expect(section(page, "Hotkey").getByRole("alert")).toContainText("needed for typing");
    expect(
      await gallery.script((host) => host.calls.filter(({ name }) => name === "updateSettings").length),
    ).toBe(0);
  });

  test("Esc cancels the recording and nothing else", async ({ gallery, page }) => {
    await gallery.open("settings");
    await page.getByRole("button", { name: "Change" }).click();
    await expect(page.getByRole("button", { name: /Recording the hotkey/u })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("button", { name: "Change" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Change" })).toBeFocused();
  });

  test("the keys of the window can be recorded without doing what they do here", async ({
    gallery,
    page,
  }) => {
    await gallery.open("settings");
    await page.getByRole("button", { name: "Change" }).click();
    await expect(page.getByRole("button", { name: /Recording the hotkey/u })).toBeFocused();
    await page.keyboard.press("Control+k");
    await expect
      .poll(() => gallery.script((host) => host.app.getState().settings.hotkey))
      .toBe("CommandOrControl+K");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  });

  test("can be removed, and set back", async ({ gallery, page }) => {
    await gallery.open("settings");
    await page.getByRole("button", { name: "Remove" }).click();
    await expect(section(page, "Hotkey")).toContainText("None");
    await page.getByRole("button", { name: "Reset" }).click();
    await expect
      .poll(() => gallery.script((host) => host.app.getState().settings.hotkey))
      .toBe("CommandOrControl+Shift+Space");
  });

  test("works is said only once it has fired", async ({ gallery, page }) => {
    await gallery.open("hotkey-unproven");
    const hotkey = section(page, "Hotkey");
    await expect(hotkey).toContainText("Press it once to see");
    await expect(hotkey).not.toContainText("It works");
    await expect(hotkey.getByText("npx pipit toggle")).toBeVisible();
    // A Mac gives every key to apps, and password managers take this one.
    await gallery.script((host) => host.app.setState({ platform: "mac" }));
    await expect(hotkey.getByText("npx pipit toggle")).toBeHidden();
    await hotkey.getByRole("button", { name: "⌥ Space", exact: true }).click();
    await expect.poll(() => gallery.script((host) => host.app.getState().settings.hotkey)).toBe("Alt+Space");
    await gallery.script((host) =>
      host.app.setState({ hotkey: { kind: "confirmed", accelerator: "CommandOrControl+Shift+Space" } }),
    );
    await expect(hotkey.getByRole("status")).toContainText("It works");
  });

  test("a taken one names the cure and the command to bind", async ({ gallery, page }) => {
    await gallery.open("settings-limited");
    const hotkey = section(page, "Hotkey");
    await expect(hotkey.getByRole("alert")).toContainText("Another program uses these keys.");
    await hotkey.getByRole("button", { name: "Copy" }).click();
    const inputs = () => gallery.script((host) => host.calls.map(({ input }) => input));
    await expect.poll(inputs).toContainEqual({ text: "npx pipit toggle" });
  });
});

test("going back gives the chat its focus and its draft back", async ({ gallery, page }) => {
  await gallery.open("conversation");
  const composer = page.getByRole("textbox");
  await composer.fill("half a question");
  await composer.focus();
  await page.keyboard.press("Control+,");
  await page.getByRole("button", { name: "Back" }).click();
  await expect(composer).toBeFocused();
  await expect(composer).toHaveValue("half a question");
});
