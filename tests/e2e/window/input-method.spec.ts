import { expect, type Locator } from "@playwright/test";
import { test } from "../fixtures/chat-test.ts";

type ImeKey = "Enter" | "Escape" | "ArrowDown" | "ArrowUp";

/** The ways in which browsers mark a key that an input method has used (UI Events, 6.3). */
const orders = {
  "while it composes": { isComposing: true, keyCode: 229 },
  // Safari ends the composition first and marks the key by its code alone.
  "after compositionend": { isComposing: false, keyCode: 229 },
} as const;

async function press(field: Locator, key: ImeKey, order: keyof typeof orders): Promise<void> {
  await field.dispatchEvent("compositionstart");
  if (order === "after compositionend") await field.dispatchEvent("compositionend");
  await field.dispatchEvent("keydown", { key, bubbles: true, cancelable: true, ...orders[order] });
}

for (const order of Object.keys(orders) as (keyof typeof orders)[]) {
  test(`F15 a key of an input method ${order} neither sends, stops nor hides`, async ({ gallery, chat }) => {
    await gallery.open("chat-streaming");
    await chat.composer.fill("日本");
    for (const key of ["Enter", "Escape"] as const) await press(chat.composer, key, order);
    await expect(chat.composer).toHaveValue("日本");
    expect(await chat.calls()).toEqual([]);
    await chat.composer.press("Enter");
    await expect.poll(() => chat.callsOf("send")).toEqual([{ text: "日本" }]);
  });

  test(`F15 a key of an input method ${order} neither resends nor closes an edited question`, async ({
    gallery,
    chat,
    page,
  }) => {
    await gallery.open("conversation");
    await chat.composer.press("ArrowUp");
    const editor = page.getByRole("textbox", { name: "Your question" });
    await editor.fill("日本");
    for (const key of ["Enter", "Escape"] as const) await press(editor, key, order);
    await expect(editor).toHaveValue("日本");
    expect(await chat.calls()).toEqual([]);
  });

  test(`F15 a key of an input method ${order} leaves the chats open, the focus and the list alone`, async ({
    gallery,
    chat,
    page,
  }) => {
    await gallery.open("chats");
    const search = page.getByRole("searchbox");
    await search.fill("日");
    for (const key of ["Enter", "ArrowDown", "Escape"] as const) await press(search, key, order);
    await expect(search).toBeFocused();
    await expect(search).toHaveValue("日");
    expect(await chat.callsOf("openChat")).toEqual([]);
  });

  test(`F15 Esc of an input method ${order} leaves the settings open`, async ({ gallery, chat, page }) => {
    await gallery.open("settings");
    await press(page.getByRole("region", { name: "Settings" }), "Escape", order);
    await expect(page.getByRole("region", { name: "Settings" })).toBeVisible();
    expect(await chat.callsOf("hideWindow")).toEqual([]);
  });
}

test("F15 Enter that ends a composition in a dialog's field does not submit its form", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("sign-in-page");
  await page.getByText("Sign in with a token").click();
  const field = page.getByLabel("Access token", { exact: true });
  await field.fill("日本");
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchKeyEvent", {
    type: "keyDown",
    key: "Enter",
    code: "Enter",
    text: "\r",
    windowsVirtualKeyCode: 229,
  });
  await expect(page.getByRole("dialog")).toBeVisible();
  expect(await chat.callsOf("signInWithToken")).toEqual([]);
  await field.press("Enter");
  await expect.poll(() => chat.callsOf("signInWithToken")).toHaveLength(1);
});
