import { expect } from "@playwright/test";
import { test } from "../fixtures/chat-test.ts";

/** Things that come before the window is quite ready, or after the person has changed their mind. */

test("text of a link that started the app for the first time waits in the composer", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("first-run");
  await gallery.script((bridge) => bridge.intend({ kind: "compose", text: "Explain this" }));
  await page.getByRole("button", { name: "Skip the introduction" }).click();
  await expect(chat.composer).toHaveValue("Explain this");
  expect(await chat.callsOf("send")).toEqual([]);
});

test("a message sent while the sign-in is under way waits for it", async ({ gallery, chat, page }) => {
  await gallery.open("empty");
  await gallery.script((bridge) => bridge.auth.setState({ kind: "signing-in" }, true));
  await chat.composer.fill("Hello");
  await chat.composer.press("Enter");
  expect(await chat.callsOf("send")).toEqual([]);
  await gallery.script((bridge) =>
    bridge.auth.setState({ kind: "signed-in", accountId: "a", accountName: "Ada", local: true }, true),
  );
  await expect(chat.composer).toHaveValue("");
  await expect.poll(() => chat.callsOf("send")).toEqual([{ text: "Hello" }]);
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("when that sign-in fails, the text stays and the person is asked to sign in", async ({
  gallery,
  page,
}) => {
  await gallery.open("empty");
  await gallery.script((bridge) => bridge.auth.setState({ kind: "signing-in" }, true));
  const field = page.locator("textarea");
  await field.fill("Hello");
  await field.press("Enter");
  await gallery.script((bridge) => bridge.auth.setState({ kind: "signed-out", reason: "refused" }, true));
  await expect(page.getByRole("dialog", { name: "Sign in" })).toBeVisible();
  await expect(field).toHaveValue("Hello");
  // And a sign-in that comes from elsewhere (the tray) closes the question.
  await gallery.script((bridge) =>
    bridge.auth.setState({ kind: "signed-in", accountId: "a", accountName: "Ada", local: true }, true),
  );
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("a picture that another has replaced while it was being taken is not attached afterwards", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await gallery.script((bridge) => {
    const pending = Promise.withResolvers<unknown>();
    bridge.answers.captureScreen = () => pending.promise;
    bridge.answers.hideWindow = () =>
      pending.resolve({ bytes: new Uint8Array([1]), widthPx: 1, heightPx: 1 });
  });
  await chat.button("Add a picture of the screen").click();
  await chat.button("The screen").click();
  await page.locator("input[type=file]").setInputFiles("docs/screenshots/terminal.png");
  const remove = chat.button("Remove the picture");
  await expect(remove).toBeVisible();

  await gallery.script((bridge) => bridge.commands.hideWindow());
  await expect(page.getByText(/\b1 × 1\b/u)).toHaveCount(0);
  await expect(page.getByText(/\d{3} × \d{3}/u)).toBeVisible();
});

test("U14 without a model the empty chat suggests what works without one", async ({ gallery, page }) => {
  const suggestion = page.getByRole("list", { name: "Examples" }).getByRole("button").first();
  await gallery.open("built-in");
  await expect(suggestion).toHaveText("What is 18% of 2,400?");
  await gallery.open("empty");
  await expect(suggestion).toHaveText("Explain this error in one paragraph");
});
