import { expect } from "@playwright/test";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { untilKept } from "../fixtures/kept-values.ts";
import { sharedServerTest as test, signIn } from "../fixtures/web-test.ts";

test("U15: each chat has its address: Back, Forward, a reload and a link lead to it, with its draft and its running answer", async ({
  chat,
  model,
  page,
  server,
}) => {
  const entries = async () => await page.evaluate(() => history.length);
  const before = await entries();
  await chat.ask("The first question");
  await expect(page).toHaveURL(/\/c\/[\w-]+$/u);
  const first = page.url();
  await expect(page).toHaveTitle(/^The first question/u);
  await expect(chat.endedAnswers).toHaveCount(1);
  expect(await entries()).toBe(before);

  await chat.newChat();
  await expect(page).toHaveURL(`${server.url}/`);
  const held = gate();
  model.script(stream(say("Half, "), held.step, say("whole.")));
  await chat.ask("The second question");
  await expect(page).not.toHaveURL(`${server.url}/`);
  const second = page.url();
  expect(await entries()).toBe(before + 1);
  await expect(chat.answers).toContainText("Half,");

  await page.goBack();
  await expect(chat.question("The first question")).toBeVisible();
  await expect(page).toHaveURL(first);
  await expect(chat.question("The second question")).toHaveCount(0);
  await page.goForward();
  await expect(chat.question("The second question")).toBeVisible();

  await chat.composer.fill("A draft");
  await untilKept(page, "A draft");
  await page.reload();
  await expect(chat.question("The second question")).toBeVisible();
  await expect(page).toHaveURL(second);
  await expect(chat.composer).toHaveValue("A draft");
  held.open();
  await expect(chat.answers).toContainText("Half, whole.");
  await expect(page).toHaveTitle(/^The second question/u);

  await page.goto(first);
  await expect(chat.question("The first question")).toBeVisible();
  await chat.ask("And more");
  await expect(chat.endedAnswers).toHaveCount(2);
  expect(page.url()).toBe(first);
});

test("a chat's address asks who is signed out to sign in first; a chat of another account is as unknown as none", async ({
  page,
  server,
  standing,
}) => {
  const login = standing.newLogin();
  const chat = await signIn(page, server, "en", login);
  await chat.ask("Who may read this?");
  await expect(chat.endedAnswers).toHaveCount(1);
  const { pathname } = new URL(page.url());
  await chat.signOut();
  await expect(page).toHaveURL(`${server.url}/`);

  const door = `${server.url}/login?from=${pathname}`;
  await page.goto(server.url + pathname);
  await expect(page).toHaveURL(door);
  const own = await server.signInAddress(login);
  await page.goto(door + new URL(own.url).hash);
  await chat.typeDigits(own.digits);
  await expect(chat.question("Who may read this?")).toBeVisible();
  await expect(page).toHaveURL(server.url + pathname);

  await chat.signOut();
  await chat.openAddress(await server.signInAddress(standing.newLogin()));
  for (const path of [pathname, "/c/no-such-chat"]) {
    await page.goto(server.url + path);
    await expect(page.getByText("This chat is no longer there.")).toBeVisible();
    await expect(chat.question("Who may read this?")).toHaveCount(0);
    await expect(page).toHaveURL(server.url + path);
  }
  await page.getByRole("main").getByRole("button", { name: chat.texts.shell.newChat, exact: true }).click();
  await expect(page).toHaveURL(`${server.url}/`);
  await chat.ask("A question of my own");
  await expect(chat.endedAnswers).toHaveCount(1);
  await expect(page).toHaveURL(/\/c\/[\w-]+$/u);
});
