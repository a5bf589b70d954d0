import { expect } from "@playwright/test";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/window-test.ts";

test("the list of chats stands beside the conversation where there is room, and what is done with a chat is done there", async ({
  gallery,
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await gallery.open("chats");
  const sidebar = page.getByRole("complementary", { name: "Chats" });
  const rows = sidebar.locator("[data-chat-row]");
  const lines = sidebar.getByRole("listitem");
  await expect(rows).toHaveCount(5);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  // What opens the drawer elsewhere leads to the search here.
  await expect(sidebar.getByRole("searchbox")).toBeFocused();

  // By right click, and in its place: Esc keeps the old title, Enter the new one.
  const row = (name: string) => sidebar.getByRole("button", { name, exact: true });
  const pick = async (item: string) => await page.getByRole("menuitem", { name: item, exact: true }).click();
  const field = sidebar.getByRole("textbox", { name: "Name of the chat" });
  await row("Tax on a bicycle").click({ button: "right" });
  await pick("Rename");
  await field.fill("Not this");
  await field.press("Escape");
  await expect(row("Tax on a bicycle")).toBeVisible();
  await row("Tax on a bicycle").focus();
  await page.keyboard.press("F2");
  await field.fill("Bicycles");
  await field.press("Enter");
  await expect(row("Bicycles")).toBeFocused();
  await expect
    .poll(() => gallery.script((host) => host.calls.filter(({ name }) => name === "changeChat")))
    .toEqual([{ name: "changeChat", input: { chatId: "c5", title: "Bicycles" } }]);

  // No title moves when its mark comes or goes.
  const title = row("Bicycles").locator("[dir=auto]");
  const before = await title.boundingBox();
  await row("Bicycles").click({ button: "right" });
  await pick("Mark as unread");
  await expect(row("Bicycles unread")).toBeVisible();
  await expect.poll(() => row("Bicycles unread").locator("[dir=auto]").boundingBox()).toEqual(before);
  await row("Bicycles unread").click({ button: "right" });
  await pick("Mark as read");

  // By the button, with the keyboard alone.
  await sidebar.getByRole("button", { name: "Actions: Bicycles" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Rename" })).toBeFocused();
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(lines.nth(0)).toHaveText("Pinned");
  await expect(lines.nth(1)).toContainText("Bicycles");

  // Archived chats are elsewhere, and come back.
  await row("Bicycles").click({ button: "right" });
  await pick("Archive");
  await expect(rows).toHaveCount(4);
  await sidebar.getByRole("button", { name: "Archived chats" }).click();
  await expect(rows).toHaveText(["Bicycles"]);
  await row("Bicycles").click({ button: "right" });
  await pick("Move out of the archive");
  await expect(sidebar.getByText("No archived chats")).toBeVisible();
  await sidebar.getByRole("button", { name: "Back to all chats" }).click();
  await expect(rows).toHaveCount(5);

  // Deleted at once, and brought back.
  await row("Bicycles").focus();
  await page.keyboard.press("Delete");
  await expect(rows).toHaveCount(4);
  await sidebar.getByRole("button", { name: "Undo" }).click();
  await expect(rows).toHaveCount(5);
  await expect.poll(() => gallery.script((host) => host.calls.at(-2)?.name)).toBe("restoreChat");

  // One that another device deleted is named as that.
  await gallery.script((host) => {
    host.answers.changeChat = () => {
      throw Object.assign(new Error("There is no such chat."), { code: "CHAT_NOT_FOUND" });
    };
  });
  await row("Bicycles").click({ button: "right" });
  await pick("Unpin");
  await expect(
    page.getByRole("region", { name: "Problem" }).or(page.getByRole("alert")).first(),
  ).toBeVisible();

  // Enter before the answer is there opens what is found, not what is listed until then.
  await gallery.script((host) => {
    const find = host.answers.searchChats;
    const gate = Promise.withResolvers<void>();
    host.answers.searchChats = async (input) => {
      await gate.promise;
      return find?.(input);
    };
    Object.assign(window, { letSearchAnswer: gate.resolve });
  });
  const search = sidebar.getByRole("searchbox");
  await search.fill("icycle");
  await search.press("Enter");
  await page.evaluate("letSearchAnswer()");
  await expect(sidebar.locator("mark").first()).toBeVisible();
  const opened = async () =>
    await gallery.script((host) =>
      host.calls.filter(({ name }) => name === "openChat").map(({ input }) => input),
    );
  await expect.poll(opened).toEqual([{ chatId: "c5", turnId: "c5-turn" }]);
  expect(await axeViolations(page)).toEqual([]);

  // A search that fails does not look like one that found every chat.
  await search.fill("");
  await expect(rows).toHaveCount(5);
  await gallery.script((host) => {
    host.answers.searchChats = () => {
      throw Object.assign(new Error("The server does not answer."), { code: "SERVER_UNREACHABLE" });
    };
  });
  await search.fill("icycle");
  await expect(sidebar.getByRole("button", { name: "Try again" })).toBeVisible();
  await expect(rows).toHaveCount(0);

  // Each title is written in the direction of its own language.
  await gallery.script((host) => host.chat.setState({ title: "אופניים (1)" }));
  await expect(page.getByRole("heading", { level: 1 })).toHaveCSS("direction", "rtl");

  // Put away, and that is kept; the drawer is there for it.
  await page.getByRole("button", { name: "Hide the list of chats" }).click();
  await expect(sidebar).toHaveCount(0);
  expect(await gallery.script((host) => host.app.getState().settings.sidebar)).toBe(false);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: "Chats" })).toBeVisible();
});

test("10,000 chats are read page by page, and only those in view are drawn", async ({ gallery, page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await gallery.open("chats-many");
  const sidebar = page.getByRole("complementary", { name: "Chats" });
  const rows = sidebar.locator("[data-chat-row]");
  await expect(rows.first()).toHaveText("Chat 0");
  const read = async () =>
    await gallery.script((host) => host.calls.filter(({ name }) => name === "listChats").length);
  expect(await read()).toBe(1);
  for (const wanted of [2, 3]) {
    await rows.last().scrollIntoViewIfNeeded();
    await expect
      .poll(async () => {
        await rows.last().scrollIntoViewIfNeeded();
        return await read();
      })
      .toBeGreaterThanOrEqual(wanted);
  }
  expect(await rows.count()).toBeLessThan(60);

  // Deleted and brought back by the keyboard alone, where the first page, which is read again, does not reach to.
  // A row that is just being measured is hidden, and has a name all the same.
  const name = (await rows.last().textContent()) ?? "";
  const far = sidebar.getByRole("button", { name, exact: true });
  await far.press("Delete");
  await expect(far).toHaveCount(0);
  await expect(sidebar.locator("[data-chat-row]:focus")).toBeVisible();
  const undo = sidebar.getByRole("button", { name: "Undo" });
  await expect(undo).toBeVisible();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(undo).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(far).toBeVisible();
  await expect(sidebar.locator("[data-chat-row]:focus")).toBeVisible();

  // Looked at again on the next day.
  const before = await read();
  await sidebar.locator("ul").evaluate((list) => (list.parentElement!.parentElement!.scrollTop = 0));
  await expect(sidebar.getByRole("heading", { name: "Today" })).toBeVisible();
  await page.evaluate(() => {
    const [now, next] = [Date.now.bind(Date), new Date()];
    const aheadMs = next.setDate(next.getDate() + 1) - now();
    Date.now = () => now() + aheadMs;
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect.poll(read).toBeGreaterThan(before);
  await expect(sidebar.getByRole("heading", { name: "Today" })).toHaveCount(0);
});
