import { expect } from "@playwright/test";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { sharedServerTest, test } from "../fixtures/web-test.ts";
import type { PipitServer } from "../fixtures/pipit-server.ts";
import { ChatWindow } from "../pages/chat-window.ts";

sharedServerTest(
  "a one-time address signs in, and its code leaves the address bar and the history",
  async ({ page, server }) => {
    const address = await server.signInAddress();
    const chat = new ChatWindow(page);
    await page.goto(address.url);
    await chat.typeDigits(address.digits === "0000" ? "1111" : "0000");
    await expect(page.getByText(chat.texts.auth.link.wrong)).toBeVisible();
    await chat.typeDigits(address.digits);
    await chat.reachComposer();
    await expect(page).toHaveURL(`${server.url}/`);
    await chat.ask("Am I in?");
    await expect(chat.answers).toContainText("Hello from Pipit.");
    expect(server.output).not.toContain(address.code);
    const cookies = await page.context().cookies();
    const name = `session_token_${new URL(server.url).port}`;
    expect(cookies).toMatchObject([{ name, httpOnly: true, sameSite: "Lax" }]);
    // What the page itself can read holds no secret.
    const readable = await page.evaluate(
      () => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }),
    );
    expect(readable).not.toContain(cookies[0]?.value ?? "?");
  },
);

test("S1: a foreign page that leads to an address changes nobody's account without a click", async ({
  chat,
  page,
  server,
}) => {
  await expect(chat.composer).toBeVisible();
  const own = await chat.openPrompts();
  await own.getByRole("button", { name: "New prompt" }).click();
  await own.getByLabel("Name").fill("mine");
  await own.getByLabel("Text").fill("For nobody else");
  await own.getByRole("button", { name: "Save" }).click();
  await expect(own.getByRole("button", { name: /^\/mine/u })).toBeVisible();
  const [before] = await page.context().cookies();
  const { url } = await server.signInAddress("mallory");
  const other = await page.context().newPage();
  await other.setContent(`<a href="${url}">A cat</a>`);
  await other.getByText("A cat").click();
  const there = new ChatWindow(other);
  const asked = there.texts.auth.link.confirm
    .replace("{{next}}", "mallory")
    .replace("{{now}}", "This computer");
  await expect(other.getByText(asked)).toBeVisible();
  // Enter at once is "no".
  const stay = there.texts.auth.link.stay.replace("{{now}}", "This computer");
  await expect(other.getByRole("button", { name: stay })).toBeFocused();
  await other.keyboard.press("Enter");
  await expect(other.getByText(asked)).toBeHidden();
  expect((await page.context().cookies())[0]?.value).toBe(before?.value);

  await other.goto("about:blank");
  await other.goto(url);
  await other
    .getByRole("button", { name: there.texts.auth.link.become.replace("{{next}}", "mallory") })
    .click();
  await expect(there.account).toContainText("mallory");
  // And her prompts are not what the other account keeps in this browser.
  await expect((await there.openPrompts()).getByText("No prompts yet")).toBeVisible();
});

sharedServerTest(
  "U15: an address that was used before says so, and leaves nobody signed in",
  async ({ browser, chat, server }) => {
    await expect(chat.composer).toBeVisible();
    const address = await server.signInAddress();
    const first = await browser.newContext();
    const second = await browser.newContext();
    try {
      await new ChatWindow(await first.newPage()).openAddress(address);
      const secondPage = await second.newPage();
      const late = new ChatWindow(secondPage);
      await secondPage.goto(address.url);
      await late.typeDigits(address.digits);
      await expect(secondPage.getByText(late.texts.auth.link.used)).toBeVisible();
      await expect(secondPage).toHaveURL(`${server.url}/`);
      expect(await second.cookies()).toEqual([]);
    } finally {
      await first.close();
      await second.close();
    }
  },
);

sharedServerTest("a pasted token signs in, and is kept by no one", async ({ page, server }) => {
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

sharedServerTest("a wrong token is refused in words, and the dialog stays", async ({ page, server }) => {
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
  const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
  // The page is signed out at once, and tells the server then.
  await expect.poll(async () => (await fetch(`${server.url}/auth/me`, { headers })).status).toBe(401);
  await chat.openAddress(await server.signInAddress());
  await chat.reachComposer();
  await expect(chat.composer).toHaveValue("An unfinished thought");
});

test("S4, U11: another device ends the sign-in of this page: its answer stops, it says why at once, keeps what was asked and written, and leads back in", async ({
  chat,
  model,
  page,
  server,
}) => {
  const told: string[] = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => told.push(String(payload))));
  await page.reload();
  await expect.poll(() => told.join("")).toContain("snapshot");
  model.script([stream(say("The first half,"), { kind: "hang" }), stream(say("The whole answer."))]);
  await chat.ask("Tell me everything");
  await expect(chat.answers).toContainText("The first half,");
  await chat.composer.fill("An unfinished thought");
  await endBrowsers(server);
  await expect.poll(() => told.at(-1)).toBe('{"type":"session.revoked"}');
  const why = page.getByRole("status").filter({ hasText: chat.texts.auth.reason.refused });
  await expect(why).toBeVisible();
  await expect(chat.signInToSendButton).toBeVisible();
  await expect(chat.composer).toHaveValue("An unfinished thought");
  await expect(chat.question("Tell me everything")).toBeVisible();

  await why.getByRole("button", { name: chat.texts.auth.signIn, exact: true }).click();
  await chat.accountDialog.getByText(chat.texts.auth.advanced, { exact: true }).waitFor();
  await chat.signInWithToken(await server.accessToken());
  await expect(why).toHaveCount(0);
  await expect(chat.answer("The whole answer.")).toBeVisible();
  await expect(chat.composer).toHaveValue("An unfinished thought");
});

/** As a person does in the list of the browsers in which they are signed in. */
async function endBrowsers(server: PipitServer): Promise<void> {
  const headers = { authorization: `Bearer ${await server.accessToken()}` };
  const answer = await fetch(`${server.url}/auth/browsers`, { headers });
  const { sessions } = (await answer.json()) as { readonly sessions: readonly { session_id: string }[] };
  expect(sessions).toHaveLength(1);
  const [{ session_id } = { session_id: "" }] = sessions;
  const ended = await fetch(`${server.url}/auth/browsers/${session_id}`, { method: "DELETE", headers });
  expect(ended.status).toBe(200);
}
