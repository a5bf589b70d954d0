import { expect } from "@playwright/test";
import { STREAM_SILENCE_MS } from "#contract/events/signs-of-life.ts";
import { rooms as texts } from "#renderer/i18n/en/rooms.ts";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startRelay } from "#tests/doubles/relay.ts";
import { sharedServerTest as test } from "../fixtures/web-test.ts";
import { ChatWindow } from "../pages/chat-window.ts";

test("[14] an answer and a room whose connections die without a word go on where they were, each thing once", async ({
  browser,
  model,
  page,
  server,
  standing,
  chat,
}) => {
  await using relay = await startRelay(Number(new URL(server.url).port));
  await using context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const [asking, inRoom] = [await context.newPage(), await context.newPage()];
  for (const each of [asking, inRoom]) await each.clock.install();
  const there = `http://127.0.0.1:${relay.port}`;
  const address = await server.signInAddress(standing.newLogin());
  const window = new ChatWindow(asking);
  await window.openAddress({ ...address, url: address.url.replace(server.url, there) });
  await window.reachComposer();
  await inRoom.goto(`${there}/r/everyone`);
  const said = inRoom.getByRole("log", { name: texts.conversation }).locator("article");
  const field = page.getByRole("textbox", { name: texts.composer });
  await expect(chat.composer).toBeVisible();
  await page.goto(`${server.url}/r/everyone`);
  const sayThere = async (text: string) => {
    await field.fill(text);
    await page.keyboard.press("Enter");
  };
  await sayThere("Before the cut");
  await expect(said.filter({ hasText: "Before the cut" })).toHaveCount(1);

  const held = gate();
  model.script(stream(say("The first half. "), held.step, say("The second half.")));
  await window.ask("Asked over a cable");
  await expect(window.answers).toContainText("The first half.");
  relay.lose();
  held.open();
  await sayThere("During the cut");
  for (const each of [asking, inRoom]) await each.clock.fastForward(STREAM_SILENCE_MS);
  await expect(window.endedAnswers).toHaveCount(1, { timeout: 60_000 });
  await expect(window.answers).toHaveText(/^The first half\. The second half\./u);
  await expect(said.filter({ hasText: "During the cut" })).toHaveCount(1, { timeout: 60_000 });
  await sayThere("After the cut");
  await expect(said.filter({ hasText: "After the cut" })).toHaveCount(1);
  await expect(said.filter({ hasText: "During the cut" })).toHaveCount(1);
  expect(model.requests.filter(({ prompt }) => prompt.includes("over a cable"))).toHaveLength(1);
});
