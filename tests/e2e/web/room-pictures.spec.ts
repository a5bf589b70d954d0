import { expect } from "@playwright/test";
import { rooms as texts } from "#renderer/i18n/en/rooms.ts";
import { sharedServerTest as test, signIn } from "../fixtures/web-test.ts";
import { personAt } from "../pages/room-page.ts";
import { texts as all } from "../pages/texts.ts";

const shell = all.en.shell;

test("[14] a picture that is shown to a room without a network waits over a reload, and is seen by the others once", async ({
  browser,
  chat,
  page,
  server,
  standing,
  windowLanguage,
}) => {
  test.slow();
  const bobsLogin = standing.newLogin();
  await using bobs = await browser.newContext();
  const bobsPage = await bobs.newPage();
  await signIn(bobsPage, server, windowLanguage, bobsLogin);
  for (const each of [page, bobsPage]) await each.setViewportSize({ width: 1280, height: 800 });
  const [ann, bob] = [personAt(page), personAt(bobsPage)];
  await expect(chat.composer).toBeVisible();
  for (const one of [ann, bob]) await one.row(shell.rooms.everyone).click();
  const caption = `Seen by ${bobsLogin}`;
  await ann.say(`${caption}?`);
  await expect(bob.said.last()).toContainText(`${caption}?`);

  let away = true;
  await page.route("**/Messaging/SendMessage", (route) => (away ? route.abort() : route.continue()));
  await page.locator("input[type=file][accept]").setInputFiles("docs/screenshots/terminal.png");
  const name = /988/u;
  await expect(page.locator(".composer").getByRole("img", { name })).toBeVisible();
  await ann.say(caption);
  await expect(ann.said.last().getByRole("button", { name: all.en.chat.retryNow })).toBeVisible();
  await page.reload();
  const own = ann.said.filter({ has: page.getByRole("img", { name }) });
  await expect(own.last()).toContainText(caption);
  away = false;
  const theirs = bob.said.filter({ has: bobsPage.getByRole("img", { name }) });
  await expect(theirs).toHaveCount(1);
  await expect(theirs).toContainText(caption);
  await own.last().hover();
  await own.last().getByRole("button", { name: texts.delete, exact: true }).click();
  await ann.button(texts.deleteAsk).click();
  await expect(theirs).toHaveCount(0);
});
