import { expect } from "@playwright/test";
import { STREAM_SILENCE_MS } from "#contract/events/signs-of-life.ts";
import { rooms as texts } from "#renderer/i18n/en/rooms.ts";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startRelay } from "#tests/doubles/relay.ts";
import { sharedServerTest as test } from "../fixtures/web-test.ts";
import { ChatWindow } from "../pages/chat-window.ts";

/** A program waits a minute after its start, and jitter. */
const REPORTED_WITHIN_MS = 80_000;

test("[14] an answer and a room whose connections die without a word go on where they were, each thing once, and the server is told so where that is wanted", async ({
  browser,
  model,
  page,
  server,
  standing,
  chat,
}) => {
  // Three pages, and a browser that tries what it has kept of dead connections.
  test.slow();
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

  const { privacy } = window.texts.settings;
  await window.openSettings();
  const choice = asking.getByRole("group", { name: privacy.label });
  await expect(choice.getByRole("radio", { name: privacy.never })).toBeChecked();
  await choice.getByRole("radio", { name: privacy.always }).check();
  await window.leaveSettings();

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
  // What was late is reported by the page; how long its programs wait with that is their own affair.
  await asking.clock.fastForward(REPORTED_WITHIN_MS);
  const reported = () =>
    asking.evaluate(async () => {
      const told = (await (await fetch("/auth/export")).json()) as { readonly program_events: unknown[] };
      return told.program_events;
    });
  const payload = { attempts: 2, resumed: true, waited_ms: expect.any(Number) };
  const event = { event_type: "DeliveryReported", aggregate_id: "pipit-web", payload };
  await expect
    .poll(reported)
    .toEqual([{ received_at: expect.any(String), event: expect.objectContaining(event) }]);
  expect(JSON.stringify(await reported())).not.toMatch(/cable|half/u);
  expect(model.requests.filter(({ prompt }) => prompt.includes("over a cable"))).toHaveLength(1);
});
