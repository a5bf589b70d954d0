import { expect } from "@playwright/test";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { test } from "../fixtures/desktop-test.ts";

test.describe("a conversation in the desktop app", () => {
  test("a first start explains itself, signs in, and leads to the first question", async ({ start }) => {
    const app = await start();
    await expect.poll(() => app.isVisible()).toBe(true);
    await expect(app.chat.skipFirstRunButton).toBeVisible();
    await app.ready();
    await app.chat.ask("hello");
    await expect(app.chat.answer("Hello from Pipit.")).toBeVisible();
  });

  test("an answer streams in while the model still speaks, and can be stopped", async ({
    desktop,
    model,
  }) => {
    const held = gate();
    model.script(stream(say("One ", "two "), held.step, say("never")));
    await desktop.chat.ask("count");
    await expect(desktop.chat.answer("One two")).toBeVisible();
    await desktop.chat.stopButton.click();
    const request = await model.request(0);
    expect(await request.over).toBe("aborted");
    await expect(desktop.chat.stopButton).toBeHidden();
    await expect(desktop.chat.answer("never")).toHaveCount(0);
    held.open();
  });
});
