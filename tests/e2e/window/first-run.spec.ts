import { expect } from "@playwright/test";
import { test } from "../fixtures/window-test.ts";

test("three steps by keyboard, then the chat", async ({ gallery, page }) => {
  await gallery.open("first-run");
  await expect(page.getByText("Step 1 of 3")).toBeVisible();
  await expect(page.getByText("First, sign in.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Hello, this is Pipit" })).toBeFocused();
  await page.getByRole("button", { name: "Sign in on this computer" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "One key from anywhere" })).toBeFocused();
  await page.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Step 3 of 3")).toBeVisible();
  await page.getByRole("switch", { name: "Read answers aloud" }).focus();
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
  ).toEqual({ firstRunDone: true, speak: false, screenshot: "never" });
});

test("the hotkey works once it was pressed", async ({ gallery, page }) => {
  await gallery.open("first-run-hotkey");
  await expect(page.getByText("Signed in on this computer.")).toBeVisible();
  await expect(page.getByText("First, sign in.")).toHaveCount(0);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("button", { name: "Skip", exact: true })).toBeVisible();
  await gallery.script((host) =>
    host.app.setState({ hotkey: { kind: "confirmed", accelerator: "CommandOrControl+Shift+Space" } }),
  );
  await expect(page.getByRole("status").filter({ hasText: "It works" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Next" })).toBeVisible();
});

test("a refused hotkey shows the cure", async ({ gallery, page }) => {
  await gallery.open("first-run-hotkey");
  await page.getByRole("button", { name: "Next" }).click();
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
  expect(await gallery.script((host) => host.app.getState().settings.firstRunDone)).toBe(true);
});

test("Esc hides the window and loses nothing", async ({ gallery, page }) => {
  await gallery.open("first-run");
  await page.getByText("Another server").click();
  await page.getByLabel("Server address").fill("pipit.example.org");
  await page.keyboard.press("Escape");
  await expect(page.getByLabel("Server address")).toHaveValue("pipit.example.org");
  // The server whose address was typed may be looked at before or after.
  expect(await gallery.script((host) => host.calls.map(({ name }) => name))).toContain("hideWindow");
  expect(await gallery.script((host) => host.app.getState().settings.firstRunDone)).toBe(false);
});

test("a page, which has no hotkey, has two steps", async ({ gallery, page }) => {
  await gallery.open("first-run-page");
  await expect(page.getByText("Step 1 of 2")).toBeVisible();
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("heading", { name: "Voice and screen" })).toBeVisible();
  await expect(page.getByText("A page in a browser cannot do this.")).toBeVisible();
});

test("one can go back", async ({ gallery, page }) => {
  await gallery.open("first-run-hotkey");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByText("Step 1 of 3")).toBeVisible();
});
