import { expect, type Page } from "@playwright/test";
import { test } from "../fixtures/chat-test.ts";
import type { Gallery } from "../fixtures/window-test.ts";

/** Lets every message that is sent wait; what it returns lets the last one go. */
async function holdSends(gallery: Gallery, page: Page): Promise<() => Promise<void>> {
  await gallery.script((bridge) => {
    bridge.answers.send = () =>
      new Promise((resolve) => {
        Object.assign(globalThis, { release: () => resolve("id") });
      });
  });
  return () => page.evaluate(() => (Reflect.get(globalThis, "release") as () => void)());
}

test("Enter sends and empties the composer, Shift+Enter is a new line", async ({ gallery, chat }) => {
  await gallery.open("empty");
  await expect(chat.composer).toBeFocused();
  await chat.page.keyboard.type("one");
  await chat.page.keyboard.press("Shift+Enter");
  await chat.page.keyboard.type("two");
  await chat.page.keyboard.press("Enter");
  await expect(chat.composer).toHaveValue("");
  await expect.poll(() => chat.callsOf("send")).toEqual([{ text: "one\ntwo" }]);
});

test("Enter of an input method chooses its candidate and sends nothing", async ({ gallery, chat, page }) => {
  await gallery.open("empty");
  const session = await page.context().newCDPSession(page);
  await chat.composer.focus();
  await session.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  await chat.composer.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
  expect(await chat.callsOf("send")).toEqual([]);
  await session.send("Input.insertText", { text: "日本" });
  await expect(chat.composer).toHaveValue("日本");
  await page.keyboard.press("Enter");
  await expect.poll(() => chat.callsOf("send")).toEqual([{ text: "日本" }]);
});

test("a failed send keeps the text and says why", async ({ gallery, chat, page }) => {
  await gallery.open("empty");
  await gallery.script((bridge) => {
    bridge.answers.send = () =>
      Promise.reject(Object.assign(new Error("The disk is full."), { code: "STORAGE_FULL" }));
  });
  await chat.composer.fill("Keep me");
  await chat.send.click();
  await expect(page.getByRole("alert").first()).toBeVisible();
  await expect(chat.composer).toHaveValue("Keep me");
});

test("the composer is emptied only once the message is safe, and keeps what was typed meanwhile", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  const release = await holdSends(gallery, page);
  await chat.composer.fill("first");
  await chat.composer.press("Enter");
  await expect.poll(() => chat.callsOf("send")).toHaveLength(1);
  await expect(chat.composer).toHaveValue("first");
  await chat.composer.press("End");
  await page.keyboard.type(" and more");
  await release();
  await expect(chat.composer).toHaveValue(" and more");
  await expect.poll(() => chat.callsOf("send")).toHaveLength(1);
});

test("Enter on the next text while one is on its way sends it after that, once", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  const release = await holdSends(gallery, page);
  await chat.composer.fill("first");
  await chat.composer.press("Enter");
  await chat.composer.press("Enter");
  await expect.poll(() => chat.callsOf("send")).toHaveLength(1);
  await chat.composer.fill("second");
  await chat.composer.press("Enter");
  await release();
  await expect.poll(() => chat.callsOf("send")).toHaveLength(2);
  expect((await chat.callsOf("send"))[1]).toMatchObject({ text: "second" });
  await release();
  await expect(chat.composer).toHaveValue("");
  await expect.poll(() => chat.callsOf("send")).toHaveLength(2);
});

test("a text over the limit names its length, the limit and the cure, and is not sent", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await chat.composer.fill("x".repeat(262_144 - 10));
  await expect(page.getByText("10 characters left")).toBeVisible();
  await chat.composer.fill("x".repeat(300_000));
  const problem = page.getByRole("alert");
  await expect(problem).toContainText("300,000");
  await expect(problem).toContainText("262,144");
  await expect(problem).toContainText("in parts");
  await chat.composer.press("Enter");
  expect(await chat.callsOf("send")).toEqual([]);
});

test("the draft is kept while typing and at once when the window loses the focus", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await chat.composer.pressSequentially("half a thought");
  await expect.poll(() => chat.callsOf("saveDraft")).toContainEqual({ text: "half a thought" });
  const before = (await chat.callsOf("saveDraft")).length;
  await page.evaluate(() => {
    const field = document.querySelector("textarea");
    if (field === null) return;
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(field, "more");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    dispatchEvent(new Event("blur"));
  });
  const saved = await chat.callsOf("saveDraft");
  expect(saved.slice(before)).toEqual([{ text: "more" }]);
});

test("Esc stops a running answer, else it hides the window", async ({ gallery, chat }) => {
  await gallery.open("chat-streaming");
  await chat.composer.press("Escape");
  await expect.poll(() => chat.calls()).toEqual([{ name: "cancel", input: undefined }]);
  await gallery.script((bridge) => {
    const { activeMessageId: _active, ...rest } = bridge.chat.getState();
    bridge.chat.setState(rest, true);
  });
  await chat.composer.press("Escape");
  await expect.poll(() => chat.callsOf("hideWindow")).toHaveLength(1);
});

test("U9: Esc stops a running answer wherever the focus is", async ({ gallery, chat, page }) => {
  await gallery.open("chat-streaming");
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("Escape");
  await expect.poll(() => chat.calls()).toEqual([{ name: "cancel", input: undefined }]);
});

test("while an answer streams it can be stopped, and the next question sent", async ({ gallery, chat }) => {
  await gallery.open("chat-streaming");
  await expect(chat.send).toBeHidden();
  await chat.composer.fill("And Bergen?");
  await chat.send.click();
  await chat.button("Stop the answer").click();
  await expect
    .poll(() => chat.calls())
    .toEqual([
      { name: "send", input: { text: "And Bergen?" } },
      { name: "cancel", input: undefined },
    ]);
});

test("signed out, the text stays and the way to sign in is shown", async ({ gallery, chat }) => {
  await gallery.open("chat-signed-out");
  await chat.composer.fill("Keep me");
  await chat.composer.press("Enter");
  expect(await chat.callsOf("send")).toEqual([]);
  await expect(chat.page.getByRole("dialog")).toBeVisible();
  // The dialog hides all else from those who ask by role.
  await expect(chat.page.locator("textarea")).toHaveValue("Keep me");
});

test("U11: who signs out leaves no chat and no draft to the next account, and finds the draft again", async ({
  gallery,
  chat,
}) => {
  const text = chat.page.locator("textarea");
  const leave = () =>
    gallery.script((host) => host.auth.setState({ kind: "signed-out", reason: "logout" }, true));
  await gallery.open("conversation");
  await expect(chat.page.getByText("A weekend in Oslo", { exact: true })).toBeVisible();
  const kept = () => chat.callsOf("saveDraft").then((calls) => calls.at(-1));
  await chat.composer.fill("of Ada");
  await expect.poll(kept).toEqual({ text: "of Ada" });
  await leave();
  await expect(text).toHaveValue("");
  await expect(chat.page.getByText("A weekend in Oslo", { exact: true })).toHaveCount(0);
  await expect(chat.page.getByText("What is 18% of 2400?")).toHaveCount(0);
  await expect.poll(kept).toEqual({ text: "" });
  await chat.composer.fill("of Bob");
  await gallery.script((host) =>
    host.auth.setState({ kind: "signed-in", accountId: "b1", accountName: "Bob", local: false }, true),
  );
  await expect(text).toHaveValue("of Bob");
  await leave();
  await gallery.script((host) =>
    host.auth.setState({ kind: "signed-in", accountId: "a1", accountName: "Ada", local: true }, true),
  );
  await expect(text).toHaveValue("of Ada");
});

test("the composer grows with its text up to two fifths of the panel", async ({ gallery, chat }) => {
  await gallery.open("empty");
  const height = async () => (await chat.composer.boundingBox())?.height ?? 0;
  const small = await height();
  await chat.composer.fill("line\n".repeat(4));
  await expect.poll(height).toBeGreaterThan(small);
  const higher = await height();
  await chat.composer.fill("line\n".repeat(100));
  await expect.poll(height).toBeGreaterThan(higher);
  expect(await height()).toBeLessThan(680 * 0.4);
});

test("the voice is switched and stopped", async ({ gallery, chat }) => {
  await gallery.open("chat-streaming");
  await expect(chat.button("Stop reading aloud")).toBeHidden();
  await gallery.script((bridge) => bridge.chat.setState({ speaking: true }));
  await chat.button("Stop reading aloud").click();
  await gallery.script((bridge) => bridge.chat.setState({ speaking: false }));
  await expect(chat.button("Stop reading aloud")).toBeHidden();
  const toggle = chat.button("Read answers aloud");
  await expect(toggle).toHaveAttribute("aria-pressed", "false");
  await toggle.click();
  await expect(toggle).toHaveAttribute("aria-pressed", "true");
  await expect
    .poll(() => chat.calls())
    .toEqual([
      { name: "stopSpeaking", input: undefined },
      { name: "updateSettings", input: { speak: true } },
    ]);
});

test("what the host wants arrives: focus with the caret at the end, and text from a link", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await chat.composer.fill("abc");
  await chat.composer.press("Home");
  await chat.button("Send", page).focus();
  await gallery.script((bridge) => bridge.intend({ kind: "focus-composer" }));
  await expect(chat.composer).toBeFocused();
  await page.keyboard.type("d");
  await expect(chat.composer).toHaveValue("abcd");
  await gallery.script((bridge) => bridge.intend({ kind: "compose", text: "from a link" }));
  await expect(chat.composer).toHaveValue("abcd\nfrom a link");
  expect(await chat.callsOf("send")).toEqual([]);
});

test("everything works with the keyboard alone", async ({ gallery, chat, page }) => {
  await gallery.open("conversation");
  await expect(chat.composer).toBeFocused();
  const reached = new Set<string>();
  for (let press = 0; press < 20; press += 1) {
    await page.keyboard.press("Shift+Tab");
    const name = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    reached.add(name);
  }
  expect([...reached]).toEqual(
    expect.arrayContaining(["Conversation", "Copy", "Edit and send again", "Answer again"]),
  );
});
