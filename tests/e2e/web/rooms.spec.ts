import { expect, type Page } from "@playwright/test";
import { rooms as texts } from "#renderer/i18n/en/rooms.ts";
import { generatePythonStubs } from "#tests/foreign/python-stubs.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { untilKept } from "../fixtures/kept-values.ts";
import { sharedServerTest as test, signIn, test as ownServerTest } from "../fixtures/web-test.ts";
import { personAt } from "../pages/room-page.ts";
import { texts as all } from "../pages/texts.ts";

const shell = all.en.shell;

test("[14] two people chat in a room that one has made: invited, live, edited, deleted, over a lost connection, and left", async ({
  browser,
  chat,
  page,
  server,
  standing,
  windowLanguage,
}) => {
  const bobsLogin = standing.newLogin();
  await using bobs = await browser.newContext();
  const bobsPage = await bobs.newPage();
  await signIn(bobsPage, server, windowLanguage, bobsLogin);
  for (const each of [page, bobsPage]) await each.setViewportSize({ width: 1280, height: 800 });
  const [ann, bob] = [personAt(page), personAt(bobsPage)];
  await expect(chat.composer).toBeVisible();

  // Made, and shown at its own address; Back leads to the chat.
  await ann.button(texts.new).click();
  await page.getByLabel(texts.name, { exact: true }).fill("Birds");
  await ann.button(texts.create).click();
  await expect(page.getByTestId("window-header").getByRole("heading")).toHaveText("Birds");
  await expect(page).toHaveURL(/\/r\/[\w-]+$/u);
  await expect(page.getByText(texts.empty)).toBeVisible();
  await expect(page).toHaveTitle("Birds – Pipit");
  await ann.say("Welcome, @everybody: **look**");
  await expect(ann.said.locator("strong")).toHaveText("look");
  await page.goBack();
  await expect(chat.composer).toBeFocused();
  await page.goForward();
  await expect(ann.said).toHaveCount(1);

  // Whoever is invited sees nothing of it until they accept; an unknown login is told.
  await ann.button(shell.rooms.members).click();
  await page.getByLabel(texts.login, { exact: true }).fill("nobody-at-all");
  await ann.button(texts.invite).click();
  await expect(page.getByText(texts.noLogin)).toBeVisible();
  await page.getByLabel(texts.login, { exact: true }).fill(bobsLogin);
  await ann.button(texts.invite).click();
  await expect(page.getByText(texts.invited, { exact: true })).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(bob.group.getByText("Birds")).toBeVisible();
  await bob.button(texts.accept).click();
  await expect(bob.said).toHaveCount(1);
  await expect(ann.log.getByText(texts.joined.replace("{{login}}", bobsLogin))).toBeVisible();

  // Who writes is told to the other, and over with what they say; who is there is marked in the list.
  await bob.field.pressSequentially("A wr");
  await expect(page.getByText(texts.typingOne.replace("{{login}}", bobsLogin))).toBeVisible();
  await expect(bobsPage.getByText(/typing/u)).toHaveCount(0);
  await ann.button(shell.rooms.members).click();
  await expect(page.getByRole("dialog").getByRole("listitem").filter({ hasText: bobsLogin })).toContainText(
    texts.present,
  );
  await page.keyboard.press("Escape");

  // Live, both ways; what is sent again or twice stands once.
  await bob.say("A wren!");
  await expect(ann.said.last()).toContainText("A wren!");
  await expect(page.getByText(texts.typingOne.replace("{{login}}", bobsLogin))).toHaveCount(0);
  await ann.say("Where?");
  await expect(bob.said.last()).toContainText("Where?");
  expect(await axeViolations(bobsPage)).toEqual([]);

  // Edited and deleted for both, without a trace of the text.
  await ann.said.last().hover();
  await ann.button(texts.edit).last().click();
  await page.getByRole("textbox", { name: texts.editor, exact: true }).fill("Where exactly?");
  await page.keyboard.press("Enter");
  await expect(bob.said.last()).toContainText(`Where exactly?${texts.edited}`);
  await bob.said.nth(1).hover();
  await bob.said.nth(1).getByRole("button", { name: texts.delete, exact: true }).click();
  await bob.button(texts.deleteAsk).click();
  await expect(ann.said.nth(1)).toContainText(texts.deleted);
  await expect(ann.log).not.toContainText("A wren!");

  // A quote goes into the field, which keeps what stands in it while another room is looked at.
  await bob.said.last().hover();
  await bob.said.last().getByRole("button", { name: texts.quote, exact: true }).click();
  await expect(bob.field).toHaveValue(/^> \*\*.+\*\*\n>\n> Where exactly\?\n\n$/u);
  await bob.row(shell.rooms.everyone).click();
  await expect(bobsPage).toHaveURL(/\/r\/everyone$/u);
  await expect(bob.field).toHaveValue("");
  await bob.row("Birds").click();
  await expect(bob.field).toHaveValue(/Where exactly/u);
  await bob.field.press("End");
  await bob.field.pressSequentially("In the hedge.");
  await bob.field.press("Enter");
  await expect(ann.said.last().locator("blockquote")).toContainText("Where exactly?");

  // Without a network what is written waits, and what was missed comes: each once, in the order of the server.
  await bobs.setOffline(true);
  await bob.say("Are you there?");
  await expect(bob.said.last()).toContainText("Are you there?");
  await ann.say("I am looking.");
  // What the server has stored may be edited; only then it has an order.
  await ann.said.last().hover();
  await expect(ann.said.last().getByRole("button", { name: texts.edit, exact: true })).toBeVisible();
  await bobs.setOffline(false);
  await expect(ann.said.last()).toContainText("Are you there?");
  await expect(bob.said.last()).toContainText("Are you there?");
  await expect(bob.said.filter({ hasText: "I am looking." })).toHaveCount(1);
  const spoken = async (log: typeof ann.said) => await log.locator(".md").allTextContents();
  const inOrder = await spoken(ann.said);
  await expect.poll(() => spoken(bob.said)).toEqual(inOrder);
  await page.reload();
  await expect.poll(() => spoken(ann.said)).toEqual(inOrder);

  // Who has left reads no more, and is told so; what they were writing stays.
  await ann.button(shell.rooms.members).click();
  await ann.button(texts.remove.replace("{{login}}", bobsLogin)).click();
  await expect(bobsPage.getByText(texts.ended)).toBeVisible();
  await expect(bob.row("Birds")).toHaveCount(0);
  await ann.button(texts.leave).click();
  await expect(ann.row("Birds")).toHaveCount(0);
  await expect(chat.composer).toBeVisible();
});

test("[14] the window chats in the common room with console clients of the original, live, both ways", async ({
  chat,
  page,
  server,
}) => {
  const folders = ["tests/foreign/seed-002", "proto"];
  await using stubs = await generatePythonStubs(["auth.proto", "messaging.proto"], folders);
  await expect(chat.composer).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 800 });
  const window = personAt(page);
  await window.row(shell.rooms.everyone).click();
  await expect(page).toHaveURL(/\/r\/everyone$/u);
  const hello = "Hello from the window";
  const env = { PIPIT_PASSWORD: "Correct-horse-1" };
  const heard = stubs.run("python_rooms_client.py", [server.grpcUrl, hello], env, 60_000);
  await expect(window.said.filter({ hasText: "Привет, Аня" })).toHaveAccessibleName(/^bob, /u);
  await expect(window.said.filter({ hasText: "the last" })).toHaveCount(1);
  await window.say(hello);
  const saidIt = [expect.stringMatching(/^visitor-/u), hello];
  const whole = [["bob", "Привет, Аня"], ["ann", "hello"], ["bob", "the last"], saidIt];
  expect(await heard).toMatchObject({ ann: whole, bob: whole });
  await expect(window.said.last()).toContainText(hello);
});

ownServerTest(
  "[14] a message to a room that waits when its page is closed is sent by the next page, once, the draft of a tab is kept, and Enter may come before the room",
  async ({ chat, context, page, server }) => {
    const tab = async (opened: Page) => {
      await opened.setViewportSize({ width: 1280, height: 800 });
      await opened.goto(`${server.url}/r/everyone`);
      return personAt(opened);
    };
    await expect(chat.composer).toBeVisible();
    const first = await tab(page);
    await first.say("Before");
    await expect(first.said).toHaveCount(1);
    await first.field.fill("Half a thought");
    await untilKept(page, "Half a thought");
    await page.reload();
    await expect(first.field).toHaveValue("Half a thought");
    // It reaches no server while its page is there.
    await server.kill();
    await first.say("Written without a server");
    await expect(first.said).toHaveCount(2);
    await page.close();
    await server.start();
    const second = await tab(await context.newPage());
    await expect(second.said).toContainText(["Before", "Written without a server"]);
    // What the server has stored may be edited.
    await second.said.last().hover();
    await expect(second.said.last().getByRole("button", { name: texts.edit, exact: true })).toBeVisible();
    // Who writes before the code of rooms is there loses nothing, and need not press Enter again.
    const loading = Promise.withResolvers<void>();
    await context.route(/rooms-engine/u, async (route) => {
      await loading.promise;
      await route.continue();
    });
    const third = await tab(await context.newPage());
    await third.field.fill("Early");
    await third.page.keyboard.press("Enter");
    await third.page.keyboard.type(" and more");
    loading.resolve();
    await expect(third.said).toContainText(["Before", "Written without a server", "Early"]);
    await expect(third.field).toHaveValue("and more");
  },
);
