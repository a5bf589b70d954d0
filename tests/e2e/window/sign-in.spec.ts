import { expect } from "@playwright/test";
import { test } from "../fixtures/window-test.ts";

test("signs in to this computer's account in one click, and closes", async ({ gallery, page }) => {
  await gallery.open("sign-in");
  const action = page.getByRole("button", { name: "Sign in on this computer" });
  await expect(action).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(await gallery.script((host) => host.calls.map(({ name }) => name))).toContain("signInLocally");
});

test("shows that it is at work, and is not asked twice", async ({ gallery, page }) => {
  await gallery.open("sign-in");
  await gallery.script((host) => {
    host.answers.signInLocally = () => new Promise(() => undefined);
  });
  const action = page.getByRole("button", { name: "Sign in on this computer" });
  await action.click();
  await expect(action).toHaveAttribute("aria-busy", "true");
  await action.press("Enter");
  expect(
    await gallery.script((host) => host.calls.filter(({ name }) => name === "signInLocally").length),
  ).toBe(1);
});

test("is reached from the status line", async ({ gallery, page }) => {
  await gallery.open("signed-out");
  await page.getByRole("contentinfo").getByRole("button", { name: "Signed out" }).click();
  await expect(page.getByRole("dialog", { name: "Sign in" })).toBeVisible();
});

test.describe("with a token", () => {
  test.beforeEach(async ({ gallery, page }) => {
    await gallery.open("sign-in");
    await page.getByText("Another server").click();
  });

  test("sends the whole address and the token without the spaces around it", async ({ gallery, page }) => {
    await page.getByLabel("Server address").fill("pipit.example.org/");
    await page.getByLabel("Access token").fill("  a.b.c ");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect(await gallery.script((host) => host.calls.at(-1))).toEqual({
      name: "signInWithToken",
      input: { serverUrl: "https://pipit.example.org", token: "a.b.c" },
    });
  });

  test("no address means this computer's server", async ({ gallery, page }) => {
    await page.getByLabel("Access token").fill("a.b.c");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect(await gallery.script((host) => host.calls.at(-1)?.input)).toEqual({
      serverUrl: "",
      token: "a.b.c",
    });
  });

  test("an address without https is refused before anything is sent", async ({ gallery, page }) => {
    await page.getByLabel("Server address").fill("http://pipit.example.org");
    await page.getByLabel("Access token").fill("a.b.c");
    await page.keyboard.press("Enter");
    const field = page.getByLabel("Server address");
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(/Write https:\/\/pipit\.example\.org/u);
    expect(await gallery.script((host) => host.calls.some(({ name }) => name === "signInWithToken"))).toBe(
      false,
    );
  });

  test("an empty token is said at its field", async ({ page }) => {
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByLabel("Access token")).toHaveAccessibleDescription("Paste a token first.");
  });

  test("the token cannot be read over a shoulder", async ({ page }) => {
    await expect(page.getByLabel("Access token")).toHaveAttribute("type", "password");
  });
});

test("a refused token is said at its field with the cure, and what was typed stays", async ({
  gallery,
  page,
}) => {
  await gallery.open("sign-in-refused");
  await page.getByText("Another server").click();
  const token = page.getByLabel("Access token");
  await token.fill("nonsense");
  await page.keyboard.press("Enter");
  await expect(token).toHaveAccessibleDescription(/was not accepted.*copied whole/u);
  await expect(token).toHaveValue("nonsense");
});

test("a server that does not answer is said above the button", async ({ gallery, page }) => {
  await gallery.open("sign-in-unreachable");
  await page.getByRole("button", { name: "Sign in on this computer" }).click();
  const alert = page.getByRole("dialog").getByRole("alert");
  await expect(alert).toContainText("The server cannot be reached.");
  await alert.getByText("Details").click();
  await expect(alert).toContainText("https://pipit.example.org does not answer.");
  await page.getByText("Another server").click();
  await page.getByLabel("Access token").fill("a.b.c");
  await page.keyboard.press("Enter");
  await expect(alert).toContainText("Check the connection and the address");
});

test("says why a sign-in ended, and that nothing was lost", async ({ gallery, page }) => {
  await gallery.open("sign-in-expired");
  await expect(page.getByRole("dialog")).toContainText("Your sign-in has expired.");
  await expect(page.getByRole("dialog")).toContainText("what you wrote is kept");
});

test("a page takes a token for its own server, and says how to get a one-time address", async ({
  gallery,
  page,
}) => {
  await gallery.open("sign-in-page");
  const dialog = page.getByRole("dialog", { name: "Sign in" });
  await expect(dialog.getByText("npx pipit web")).toBeVisible();
  await expect(dialog.getByLabel("Server address")).toHaveCount(0);
  await expect(dialog.getByRole("button", { name: "Sign in on this computer" })).toHaveCount(0);
  await dialog.getByRole("button", { name: "Copy" }).click();
  expect(await gallery.script((host) => host.calls.at(-1))).toEqual({
    name: "copyText",
    input: { text: "npx pipit web" },
  });
  await dialog.getByLabel("Access token").fill("a.b.c");
  await page.keyboard.press("Enter");
  expect(await gallery.script((host) => host.calls.at(-1)?.input)).toEqual({ serverUrl: "", token: "a.b.c" });
});

test.describe("account", () => {
  test("says who is signed in and where the sign-in is kept, and why there", async ({ gallery, page }) => {
    await gallery.open("account");
    const dialog = page.getByRole("dialog", { name: "Account" });
    await expect(dialog).toContainText("This computer");
    await expect(dialog).toContainText("kept in a file that only you can read");
    await dialog.getByText("Details").click();
    await expect(dialog).toContainText("The Secret Service is not running.");
  });

  test("asks before it signs out while messages wait, and says that they stay", async ({ gallery, page }) => {
    await gallery.open("account");
    const dialog = page.getByRole("dialog", { name: "Account" });
    await dialog.getByRole("button", { name: "Sign out" }).click();
    await expect(dialog).toContainText("2 messages still wait to be sent. They stay");
    expect(await gallery.script((host) => host.calls.some(({ name }) => name === "signOut"))).toBe(false);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.getByRole("button", { name: "Sign out" }).click();
    await dialog.getByRole("button", { name: "Sign out anyway" }).click();
    await expect(dialog).toHaveCount(0);
    expect(await gallery.script((host) => host.calls.at(-1)?.name)).toBe("signOut");
  });

  test("signs out at once when nothing waits", async ({ gallery, page }) => {
    await gallery.open("account");
    await gallery.script((host) => host.chat.setState({ queuedCount: 0 }));
    await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect(await gallery.script((host) => host.calls.at(-1)?.name)).toBe("signOut");
  });
});
