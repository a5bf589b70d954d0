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
  await expect(row("Bicycles")).toBeVisible();
  expect(await gallery.script((host) => host.calls.filter(({ name }) => name === "changeChat"))).toEqual([
    { name: "changeChat", input: { chatId: "c5", title: "Bicycles" } },
  ]);

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
  expect(await gallery.script((host) => host.calls.at(-2)?.name)).toBe("restoreChat");

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

  await sidebar.getByRole("searchbox").fill("icycle");
  await expect(sidebar.locator("mark").first()).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);

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
  const rows = page.getByRole("complementary", { name: "Chats" }).locator("[data-chat-row]");
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
});
