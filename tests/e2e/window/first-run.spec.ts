import { expect } from "@playwright/test";
import { test } from "../fixtures/window-test.ts";

test("three steps by keyboard, then the chat", async ({ gallery, page }) => {
  await gallery.open("first-run");
  await expect(page.getByText("Step 1 of 3")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Hello, this is Pipit" })).toBeFocused();
  await page.getByRole("button", { name: "Sign in on this computer" }).focus();
  await page.keyboard.press("Enter");
  // What every host does once the sign-in has worked.
  await gallery.script((host) =>
    host.auth.setState({ kind: "signed-in", accountId: "a1", accountName: "Ada", local: true }, true),
  );
  await expect(page.getByRole("heading", { name: "One key from anywhere" })).toBeFocused();
  await page.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Step 3 of 3")).toBeVisible();
  const aloud = page.getByRole("switch", { name: "Read answers aloud" });
  await expect(aloud).not.toBeChecked();
  await aloud.focus();
  await page.keyboard.press("Space");
  await page.getByRole("radio", { name: "When I ask" }).focus();
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("button", { name: "Start" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("banner")).toBeVisible();
  expect(
    await gallery.script((host) => {
      const { firstRunDone, speak, screenshot } = host.app.getState().settings;
      return { firstRunDone, speak, screenshot };
    }),
  ).toEqual({ firstRunDone: true, speak: true, screenshot: "never" });
});

test("a user who is signed in is not asked to sign in; the hotkey works once it was pressed, and one can go back", async ({
  gallery,
  page,
}) => {
  await gallery.open("first-run-hotkey");
  await expect(page.getByText("Hello, this is Pipit")).toBeVisible();
  await expect(page.getByText("Step 1 of 2")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign in on this computer" })).toHaveCount(0);
  await gallery.script((host) =>
    host.app.setState({ hotkey: { kind: "confirmed", accelerator: "CommandOrControl+Shift+Space" } }),
  );
  await expect(page.getByRole("status").filter({ hasText: "It works" })).toBeVisible();
  await page.getByRole("button", { name: "Next" }).click();
  // At the last step there is one way on.
  await expect(page.getByRole("button", { name: /Skip/u })).toHaveCount(0);
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByText("Step 1 of 2")).toBeVisible();
});

test("a refused hotkey shows the cure", async ({ gallery, page }) => {
  await gallery.open("first-run-hotkey");
  await gallery.script((host) =>
    host.app.setState({
      hotkey: { kind: "refused", accelerator: "CommandOrControl+Shift+Space", reason: "taken" },
    }),
  );
  await expect(page.getByRole("alert")).toContainText("Another program uses these keys.");
  await expect(page.getByText("npx pipit toggle")).toBeVisible();
});

test("all of it can be skipped", async ({ gallery, page }) => {
  await gallery.open("first-run");
  await page.getByRole("button", { name: "Skip the introduction" }).click();
  await expect(page.getByRole("banner")).toBeVisible();
  await expect.poll(() => gallery.script((host) => host.app.getState().settings.firstRunDone)).toBe(true);
});

test("Esc hides the window and loses nothing", async ({ gallery, page }) => {
  await gallery.open("first-run");
  await page.getByText("Another server").click();
  await page.getByLabel("Server address").fill("pipit.example.org");
  await page.keyboard.press("Escape");
  await expect(page.getByLabel("Server address")).toHaveValue("pipit.example.org");
  // The server whose address was typed may be looked at before or after.
  await expect
    .poll(() => gallery.script((host) => host.calls.map(({ name }) => name)))
    .toContain("hideWindow");
  expect(await gallery.script((host) => host.app.getState().settings.firstRunDone)).toBe(false);
});

test("a page, which has no hotkey and sees no screen, asks about the voice alone", async ({
  gallery,
  page,
}) => {
  await gallery.open("first-run-page");
  await expect(page.getByRole("heading", { name: "Voice", exact: true })).toBeVisible();
  await expect(page.getByText("A page in a browser cannot do this.")).toHaveCount(0);
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("textbox", { name: "Message to Pipit" })).toBeVisible();
});
