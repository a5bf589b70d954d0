import { expect } from "@playwright/test";
import { test } from "../fixtures/window-test.ts";

test("signs in to this computer's account in one click, and closes", async ({ gallery, page }) => {
  await gallery.open("sign-in");
  const action = page.getByRole("button", { name: "Sign in on this computer" });
  await expect(action).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect
    .poll(() => gallery.script((host) => host.calls.map(({ name }) => name)))
    .toContain("signInLocally");
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

test("is reached from the status line, and from what says at once that another device ended the sign-in", async ({
  gallery,
  page,
}) => {
  await gallery.open("signed-out");
  const why = page.getByRole("status").filter({ hasText: "Your sign-in was ended, from another device" });
  await why.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("dialog", { name: "Sign in" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.getByRole("contentinfo").getByRole("button", { name: "Signed out" }).click();
  await expect(page.getByRole("dialog", { name: "Sign in" })).toBeVisible();
});

test.describe("at another server", () => {
  test("U1: is found while its address is typed, and takes the code that is pasted after the password", async ({
    gallery,
    page,
  }) => {
    await gallery.open("sign-in");
    await page.getByText("Another server").click();
    await page.getByLabel("Server address").fill("pipit.example.org/");
    await expect(page.getByText("A Pipit server, version 0.1.0")).toBeVisible();
    await expect(page.getByLabel("Login", { exact: true })).toHaveAttribute("autocomplete", "username");
    await gallery.open("sign-in-code");
    const code = page.getByLabel("Code", { exact: true });
    await expect(code).toBeFocused();
    await expect(code).toHaveAttribute("autocomplete", "one-time-code");
    await gallery.script((host) => delete host.answers.signInWithPassword);
    await code.fill("123 456");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    const typed = { serverUrl: "https://pipit.example.org", login: "ann", password: "Correct-horse-1" };
    const calls = await gallery.script((host) =>
      host.calls.filter(({ name }) => name === "signInWithPassword").map(({ input }) => input),
    );
    expect(calls).toEqual([typed, { ...typed, code: "123456" }]);
  });

  test("shows only the ways that the server has, and those only once it is known", async ({
    gallery,
    page,
  }) => {
    await gallery.open("sign-in-server-looking");
    await expect(page.getByText("Looking…")).toBeVisible();
    await expect(page.getByLabel("Login", { exact: true })).toHaveCount(0);
    await gallery.open("sign-in-browser-only");
    await expect(page.getByRole("button", { name: "Use the browser" })).toBeVisible();
    await expect(page.getByLabel("Password", { exact: true })).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Create account" })).toHaveCount(0);
  });

  test("an address without https, and a certificate that is not trusted, are said at its field", async ({
    gallery,
    page,
  }) => {
    await gallery.open("sign-in-server-certificate");
    const field = page.getByLabel("Server address");
    await expect(field).toHaveAccessibleDescription(/certificate is not trusted/u);
    await field.fill("http://pipit.example.org");
    await expect(field).toHaveAccessibleDescription(/Write https:\/\/pipit\.example\.org/u);
    const looked = await gallery.script((host) => host.calls.filter(({ name }) => name === "lookAtServer"));
    expect(looked).toHaveLength(1);
  });

  test("Esc and Cancel give up what waits for the browser", async ({ gallery, page }) => {
    await gallery.open("sign-in-browser");
    await expect(page.getByText("Go on in your browser")).toBeVisible();
    const cancelled = () =>
      gallery.script((host) => host.calls.filter(({ name }) => name === "cancelSignIn").length);
    await page.keyboard.press("Escape");
    await expect.poll(cancelled).toBe(1);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect.poll(cancelled).toBe(2);
  });

  test("a wrong password is said at its field, which has the focus; a locked account waits", async ({
    gallery,
    page,
  }) => {
    await gallery.open("sign-in-wrong-password");
    const password = page.getByLabel("Password", { exact: true });
    await expect(password).toHaveAccessibleDescription(/login or the password is wrong/u);
    await expect(password).toBeFocused();
    await expect(password).toHaveAttribute("autocomplete", "current-password");
    await gallery.open("sign-in-locked");
    await expect(page.getByRole("dialog").getByRole("alert")).toContainText("Try again in 15 minutes.");
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeDisabled();
  });

  test("U2: an account is made by the server's own rules, told while one types", async ({
    gallery,
    page,
  }) => {
    await gallery.open("register");
    await expect(page.getByRole("heading", { name: "Create an account" })).toBeVisible();
    const rules = page.getByRole("list", { name: "Rules for the password" });
    await expect(rules.getByText("a sign such as ! or -: not yet")).toBeVisible();
    await page.getByLabel("Login", { exact: true }).fill(" ann ");
    await page.getByLabel("Your name").fill("Ann");
    await page.keyboard.press("Enter");
    const password = page.getByLabel("Password", { exact: true });
    await expect(password).toBeFocused();
    await expect(password).toHaveAccessibleDescription(/does not yet keep all the rules/u);
    await password.fill("Correct-horse-1");
    await expect(rules.getByText("a sign such as ! or -: done")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect
      .poll(() => gallery.script((host) => host.calls.at(-1)))
      .toEqual({
        name: "register",
        input: {
          serverUrl: "https://pipit.example.org",
          login: "ann",
          password: "Correct-horse-1",
          displayName: "Ann",
        },
      });
    await gallery.open("registered");
    const offer = page.getByRole("region", { name: "Protect your account" });
    await offer.getByRole("button", { name: "Set up in the browser" }).click();
    await expect(offer).toHaveCount(0);
    await expect
      .poll(() => gallery.script((host) => host.calls.at(-1)))
      .toEqual({
        name: "openExternal",
        input: { url: "https://pipit.example.org/profile" },
      });
  });
});

test("a server that does not answer is said above the button", async ({ gallery, page }) => {
  await gallery.open("sign-in-unreachable");
  await page.getByRole("button", { name: "Sign in on this computer" }).click();
  const alert = page.getByRole("dialog").getByRole("alert");
  await expect(alert).toContainText("The server cannot be reached.");
  await alert.getByText("Details").click();
  await expect(alert).toContainText("https://pipit.example.org does not answer.");
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
  await expect(dialog.getByLabel("Server address")).toHaveCount(0);
  await expect(dialog.getByRole("button", { name: "Sign in on this computer" })).toHaveCount(0);
  await dialog.getByText("Sign in with a token").click();
  await dialog.getByRole("button", { name: "Copy" }).click();
  await expect
    .poll(() => gallery.script((host) => host.calls.at(-1)))
    .toEqual({ name: "copyText", input: { text: "npx pipit web" } });
  const token = dialog.getByLabel("Access token");
  await token.press("Enter");
  await expect(token).toHaveAccessibleDescription("Paste a token first.");
  await expect(token).toHaveAttribute("type", "password");
  await token.fill(" a.b.c ");
  await token.press("Enter");
  await expect(token).toHaveAccessibleDescription(/was not accepted.*copied whole/u);
  await expect(token).toHaveValue(" a.b.c ");
  await expect
    .poll(() => gallery.script((host) => host.calls.at(-1)?.input))
    .toEqual({ serverUrl: "", token: "a.b.c" });
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
    await expect.poll(() => gallery.script((host) => host.calls.at(-1)?.name)).toBe("signOut");
  });

  test("is changed, signed out and joined by another with the keyboard alone", async ({ gallery, page }) => {
    await gallery.open("accounts");
    const dialog = page.getByRole("dialog", { name: "Account" });
    const others = dialog.getByRole("list", { name: "Continue as" });
    await expect(others.getByRole("listitem")).toHaveCount(2);
    await others.getByRole("button", { name: "Sign out ann" }).press("Enter");
    await expect(dialog.getByRole("status").filter({ hasText: "ann is signed out." })).toBeAttached();
    await page.keyboard.press("Tab");
    const ann = others.getByRole("button", { name: "ann pipit.example.org" });
    await expect(ann).toBeFocused();
    await dialog.getByRole("button", { name: "Add account" }).press("Enter");
    await expect(page.getByLabel("Server address")).toBeFocused();
    await page.getByRole("button", { name: "Back" }).press("Enter");
    await ann.press("Enter");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    const account = { serverUrl: "https://pipit.example.org", accountId: "a2" };
    const calls = await gallery.script((host) =>
      host.calls.filter(({ name }) => name === "switchAccount" || name === "signOutAccount"),
    );
    expect(calls).toEqual([
      { name: "signOutAccount", input: account },
      { name: "switchAccount", input: account },
    ]);
    await gallery.open("accounts-signed-out");
    await expect(page.getByRole("list", { name: "Continue as" }).getByRole("listitem")).toHaveCount(2);
  });

  test("drops what waits only when it was asked twice, then signs out", async ({ gallery, page }) => {
    await gallery.open("account");
    const dialog = page.getByRole("dialog", { name: "Account" });
    await dialog.getByRole("button", { name: "Sign out" }).click();
    await dialog.getByRole("button", { name: "Delete them and sign out…" }).click();
    await expect(dialog).toContainText("Delete 2 messages that wait?");
    await expect
      .poll(() => gallery.script((host) => host.calls.some(({ name }) => name === "discardWaiting")))
      .toBe(false);
    await dialog.getByRole("button", { name: "Delete and sign out" }).click();
    await expect(dialog).toHaveCount(0);
    const last = await gallery.script((host) => host.calls.slice(-2).map(({ name }) => name));
    expect(last).toEqual(["discardWaiting", "signOut"]);
  });

  test("signs out at once when nothing waits", async ({ gallery, page }) => {
    await gallery.open("account");
    await gallery.script((host) => host.chat.setState({ queuedCount: 0 }));
    await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect.poll(() => gallery.script((host) => host.calls.at(-1)?.name)).toBe("signOut");
  });
});
