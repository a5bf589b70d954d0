import { expect } from "@playwright/test";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { test } from "../fixtures/web-test.ts";
import { ChatWindow } from "../pages/chat-window.ts";

test("a one-time address signs in, and its code leaves the address bar and the history", async ({
  page,
  server,
}) => {
  const address = await server.signInAddress();
  const chat = new ChatWindow(page);
  await page.goto(address);
  await chat.reachComposer();
  await expect(page).toHaveURL(`${server.url}/`);
  await chat.ask("Am I in?");
  await expect(chat.answers).toContainText("Hello from Pipit.");
  const code = new URL(address).hash.split("=")[1] ?? "?";
  expect(server.output).not.toContain(code);
  const cookies = await page.context().cookies();
  expect(cookies).toMatchObject([{ name: "session_token", httpOnly: true, sameSite: "Lax" }]);
  // What the page itself can read holds no secret.
  const readable = await page.evaluate(
    () => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }),
  );
  expect(readable).not.toContain(cookies[0]?.value ?? "?");
});

test("an address that was used before says so, and leaves nobody signed in", async ({
  browser,
  chat,
  server,
}) => {
  await expect(chat.composer).toBeVisible();
  const address = await server.signInAddress();
  const first = await browser.newContext();
  const second = await browser.newContext();
  try {
    const firstPage = await first.newPage();
    await firstPage.goto(address);
    await new ChatWindow(firstPage).reachComposer();
    const secondPage = await second.newPage();
    await secondPage.goto(address);
    await expect(secondPage.getByText(/used before or is too old|was not accepted/).first()).toBeVisible();
    await expect(secondPage).toHaveURL(`${server.url}/`);
    expect(await second.cookies()).toEqual([]);
  } finally {
    await first.close();
    await second.close();
  }
});

test("a pasted token signs in, and is kept by no one", async ({ page, server }) => {
  const token = await server.accessToken();
  const chat = new ChatWindow(page);
  await page.goto(server.url);
  await chat.signInWithToken(token);
  await chat.reachComposer();
  await chat.ask("Am I in?");
  await expect(chat.answers).toContainText("Hello from Pipit.");
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(stored).not.toContain(token);
  expect(server.output).not.toContain(token);
});

test("a wrong token is refused in words, and the dialog stays", async ({ page, server }) => {
  const chat = new ChatWindow(page);
  await page.goto(server.url);
  await chat.signInWithToken("not-a-token");
  await expect(page.getByText(/token was not accepted|not accepted|invalid/i).first()).toBeVisible();
  expect(await page.context().cookies()).toEqual([]);
});

test("signing out blocks sending, keeps the draft, and ends the session on the server", async ({
  chat,
  page,
  server,
}) => {
  const [cookie] = await page.context().cookies();
  await chat.composer.fill("An unfinished thought");
  await chat.signOut();
  await expect(chat.sendButton).toHaveCount(0);
  const headers = { cookie: `session_token=${cookie?.value}` };
  // The page is signed out at once, and tells the server then.
  await expect.poll(async () => (await fetch(`${server.url}/auth/me`, { headers })).status).toBe(401);
  await page.goto(await server.signInAddress());
  await chat.reachComposer();
  await expect(chat.composer).toHaveValue("An unfinished thought");
});

test("a session that ends while an answer streams: signed out, and the question waits for the next sign-in", async ({
  chat,
  model,
  page,
  server,
}) => {
  model.script([stream(say("The first half,"), { kind: "hang" }), stream(say("The whole answer."))]);
  await chat.ask("Tell me everything");
  await expect(chat.answers).toContainText("The first half,");
  server.endWebSessions();
  await server.kill();
  await server.start();
  await expect(chat.question("Tell me everything")).toBeVisible();
  await expect(chat.signInToSendButton).toBeVisible({ timeout: 30_000 });
  await expect(chat.question("Tell me everything")).toBeVisible();
  await page.goto(await server.signInAddress());
  await chat.reachComposer();
  await expect(chat.answer("The whole answer.")).toBeVisible({ timeout: 30_000 });
});
