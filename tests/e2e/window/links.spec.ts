import { expect, type Page } from "@playwright/test";
import { fullSize } from "#tests/testing/test-size.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/chat-test.ts";

const address = "https://evil.example/?leak=SECRET";

/** The ways to follow a link; each has a road of its own through the browser. */
const ways: Readonly<Record<string, (page: Page, name: string) => Promise<void>>> = {
  "a click": (page, name) => page.getByRole("link", { name }).click(),
  "the middle button": (page, name) => page.getByRole("link", { name }).click({ button: "middle" }),
  "Ctrl and a click": (page, name) => page.getByRole("link", { name }).click({ modifiers: ["Control"] }),
  Enter: (page, name) => page.getByRole("link", { name }).press("Enter"),
};

for (const [way, follow] of Object.entries(ways)) {
  test(`S8 ${way} on a link that hides where it leads asks first, with the whole address`, async ({
    gallery,
    chat,
    page,
    context,
  }) => {
    await gallery.open("chat-links");
    const open = context.pages().length;
    await follow(page, "the weather");
    const dialog = page.getByRole("dialog", { name: "Open this link?" });
    await expect(dialog).toContainText(address);
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("link", { name: "the weather" })).toBeFocused();
    expect(await chat.calls()).toEqual([]);
    expect(context.pages()).toHaveLength(open);
  });
}

test("S8 what was asked about can be opened or copied, and says when it cannot", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("chat-links");
  await page.getByRole("link", { name: "the weather" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Copy", exact: true }).click();
  await expect(dialog.getByRole("button", { name: "Copied" })).toBeVisible();
  await gallery.script((bridge) => {
    bridge.answers.openExternal = () => Promise.reject(new Error("There is no browser."));
  });
  await dialog.getByRole("button", { name: "Open", exact: true }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await gallery.script((bridge) => {
    delete bridge.answers.openExternal;
  });
  await dialog.getByRole("button", { name: "Open", exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect
    .poll(() => chat.calls())
    .toEqual([
      { name: "copyText", input: { text: address } },
      { name: "openExternal", input: { url: address, asked: true } },
      { name: "openExternal", input: { url: address, asked: true } },
    ]);
});

test("S8 a link whose text is its address opens at once", async ({ gallery, chat, page }) => {
  await gallery.open("chat-links");
  await page.getByRole("link", { name: "https://example.org/docs" }).click();
  await expect
    .poll(() => chat.calls())
    .toEqual([{ name: "openExternal", input: { url: "https://example.org/docs" } }]);
});

test("S8 nothing but our own question can follow a link that asks: the browser knows no address", async ({
  gallery,
  page,
}) => {
  await gallery.open("chat-links");
  await expect(page.locator(".md a[href]")).toHaveCount(1);
});

/** Each language and each theme once; the nightly run looks at every pair of them. */
const faces = [
  ["en", "light"],
  ["ru", "dark"],
  ...(fullSize
    ? ([
        ["en", "dark"],
        ["ru", "light"],
      ] as const)
    : []),
] as const;

for (const [language, theme] of faces) {
  test(`S8 the question about a link is accessible (${language}, ${theme})`, async ({ gallery, page }) => {
    await gallery.open("chat-links", { language, theme });
    await page.getByRole("link", { name: "the weather" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(await axeViolations(page)).toEqual([]);
  });
}
