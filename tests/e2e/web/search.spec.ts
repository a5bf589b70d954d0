import { expect } from "@playwright/test";
import { errorText } from "#contract/texts/error-text.ts";
import { sharedServerTest as test, signIn } from "../fixtures/web-test.ts";

/** More than the page reads of a chat at once. */
const LATER_TURNS = 101;

test("[11] a hit marks the words that were found and opens its turn, far from the end and on a hidden branch", async ({
  page,
  server,
}) => {
  const chat = await signIn(page, server);
  const headers = {
    authorization: `Bearer ${await server.accessToken()}`,
    "content-type": "application/json",
  };
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect(response.ok, `${path}: ${response.status}`).toBe(true);
    return await response.json();
  };
  const { id } = (await post("/v1/chats", { title: "Long" })) as { readonly id: string };
  const ask = async (content: string) =>
    await post("/v1/chat/completions", {
      model: "double",
      chat_id: id,
      messages: [{ role: "user", content }],
    });
  await ask("🦔 Где живёт ёжик, и 病院は開いていますか");
  for (let turn = 1; turn <= LATER_TURNS; turn += 1) await ask(`Later question ${turn}`);

  await page.setViewportSize({ width: 1280, height: 800 });
  const sidebar = page.getByRole("complementary", { name: chat.texts.shell.chats });
  const search = sidebar.getByRole("searchbox");
  const hits = sidebar.getByRole("list", { name: chat.texts.shell.drawer.results }).getByRole("link");
  await search.fill("病院 ёжик");
  await expect(hits).toHaveCount(1);
  await expect(hits.locator("mark").filter({ hasText: /^ёжик$/u })).toHaveCount(1);
  await expect(hits.locator("mark").filter({ hasText: /^病院$/u })).toHaveCount(1);
  await search.press("Enter");
  const sought = page.getByRole("article").and(page.locator("[aria-current=true]"));
  await expect(sought.filter({ hasText: "ёжик" })).toBeInViewport();
  await expect(page).toHaveURL(`${server.url}/c/${id}`);
  await expect(chat.question(`Later question ${LATER_TURNS}`)).toHaveCount(0);
  await page.getByRole("button", { name: chat.texts.chat.jumpToEnd }).click();
  await expect(page.getByText(`Later question ${LATER_TURNS}`, { exact: true })).toBeInViewport();
  await expect(sought).toHaveCount(0);

  await search.press("Escape");
  await expect(search).toHaveValue("");
  await sidebar.getByRole("button", { name: chat.texts.shell.newChat, exact: true }).click();
  await chat.ask("What does an okapi eat?");
  await expect(chat.endedAnswers).toHaveCount(1);
  await chat.editQuestion(chat.question("okapi"), "What does a tapir eat?");
  await expect(chat.question("tapir")).toBeVisible();
  await expect(chat.endedAnswers).toHaveCount(1);
  await search.fill("okapi role:user");
  await hits.first().click();
  await expect(sought.filter({ hasText: "okapi" })).toContainText("1/2");

  // Deleted on another device after it was listed: the chat is shown all the same.
  await search.fill("ёжик");
  await expect(hits.locator("mark").filter({ hasText: /^ёжик$/u })).toHaveCount(1);
  const found = await fetch(`${server.url}/v1/chats/search?q=${encodeURIComponent("ёжик")}`, { headers });
  const [hit] = ((await found.json()) as { readonly results: readonly { readonly turn_id: string }[] })
    .results;
  // The page is told of it at once and searches again; until it is answered, the hit can still be clicked.
  await page.route(/\/v1\/chats\/search/u, () => undefined);
  const gone = await fetch(`${server.url}/v1/chats/${id}/turns/${hit?.turn_id}`, {
    method: "DELETE",
    headers: { authorization: headers.authorization },
  });
  expect(gone.status).toBe(204);
  await hits.first().click();
  await expect(page.getByText(errorText({ code: "TURN_NOT_FOUND", message: "" }, "en").what)).toBeVisible();
  await expect(page.getByText(`Later question ${LATER_TURNS}`, { exact: true })).toBeInViewport();
  await expect(page).toHaveURL(`${server.url}/c/${id}`);
});
