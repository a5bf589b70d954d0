import { expect } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { sharedServerTest as test } from "../fixtures/web-test.ts";

test("a chat is renamed, saved, gone on with in a new one and unread; a temporary one is marked, in no list, and has no address", async ({
  chat,
  model,
  page,
  server,
}) => {
  const { drawer, temporary } = chat.texts.shell;
  await page.setViewportSize({ width: 1280, height: 800 });
  const sidebar = page.getByRole("complementary", { name: chat.texts.shell.chats });
  const rows = sidebar.locator("[data-chat-row]");
  await chat.ask("A lasting question");
  await expect(chat.endedAnswers).toHaveCount(1);
  const header = page.getByTestId("window-header");
  await header.getByRole("heading").dblclick();
  await header.getByRole("textbox", { name: drawer.title }).fill("Kept");
  await page.keyboard.press("Enter");
  await expect(header.getByRole("heading")).toHaveText("Kept");
  await expect(rows).toHaveText(["Kept"]);

  const saved: string[] = [];
  for (const format of [drawer.exportJson, drawer.exportMarkdown]) {
    await rows.click({ button: "right" });
    const downloading = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: format, exact: true }).click();
    const download = await downloading;
    saved.push(await readFile(await download.path(), "utf8"));
  }
  expect(JSON.parse(saved[0] ?? "")).toMatchObject({ format: "pipit-chats", chats: [{ title: "Kept" }] });
  expect(saved[1]).toContain("A lasting question");

  await sidebar.getByRole("button", { name: chat.texts.shell.newChat, exact: true }).click();
  await page.getByRole("button", { name: temporary.begin, exact: true }).click();
  await expect(page.getByText(temporary.about)).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await chat.ask("A passing question");
  await expect(chat.endedAnswers).toHaveCount(1);
  await expect(header.getByText(temporary.mark, { exact: true })).toBeVisible();
  await expect(page).toHaveURL(`${server.url}/`);
  await chat.ask("Another passing question");
  await expect(chat.endedAnswers).toHaveCount(2);
  await expect(header.getByText(temporary.mark, { exact: true })).toBeVisible();
  const fork = page.getByRole("button", { name: chat.texts.chat.fork, exact: true });
  await fork.first().click();
  await expect(chat.endedAnswers).toHaveCount(1);
  await expect(header.getByText(temporary.mark, { exact: true })).toBeVisible();
  await expect(rows).toHaveText(["Kept"]);

  await rows.click();
  await expect(chat.question("A lasting question")).toBeVisible();
  await expect(header.getByText(temporary.mark, { exact: true })).toHaveCount(0);
  await fork.click();
  await expect(header.getByRole("heading")).toHaveText("Kept (2)");
  await expect(chat.question("A lasting question")).toBeVisible();
  await expect(rows).toHaveText(["Kept (2)", "Kept"]);

  // What ends out of sight is marked until it is opened.
  const held = gate();
  model.script(stream(say("Half, "), held.step, say("whole.")));
  await chat.ask("A slow question");
  await expect(chat.answers.last()).toContainText("Half,");
  await rows.last().click();
  await expect(chat.questions).toHaveText([/A lasting question/u]);
  held.open();
  const unread = rows.filter({ hasText: drawer.unread });
  await expect(unread).toHaveCount(1);
  await expect(unread).toContainText("Kept (2)");
  expect(await axeViolations(page)).toEqual([]);
  await unread.click();
  await expect(chat.answers.last()).toContainText("whole.");
  await expect(rows).toHaveText(["Kept (2)", "Kept"]);
  await rows.last().click({ button: "right" });
  await page.getByRole("menuitem", { name: drawer.markUnread, exact: true }).click();
  await expect(unread).toContainText("Kept");
  await page.reload();
  await expect(unread).toHaveCount(1);
  await unread.click();
  await expect(unread).toHaveCount(0);
});
