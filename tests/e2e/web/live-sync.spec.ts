import { expect } from "@playwright/test";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { limitMs } from "#tests/testing/test-size.ts";
import { sharedServerTest as test } from "../fixtures/web-test.ts";
import { ChatWindow } from "../pages/chat-window.ts";

/** What one device does is shown by another, with nothing said to it. */
const SHOWN_WITHIN = { timeout: limitMs(60_000, 300) };
const SIGNED_OUT_WITHIN = { timeout: limitMs(60_000, 1_000) };

test("[16] a page follows another device: a title, an answer, a deletion, and the end of its sign-in, and keeps draft and place", async ({
  browser,
  context,
  chat,
  model,
  page,
  server,
}) => {
  const { drawer } = chat.texts.shell;
  await page.setViewportSize({ width: 1280, height: 800 });
  // The other device has the same account: its own session, by a one-time address of the same name.
  const there = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const otherPage = await there.newPage();
    const other = new ChatWindow(otherPage);
    const { login } = await page.evaluate(
      async () => (await fetch("/auth/me")).json() as Promise<{ login: string }>,
    );
    await other.openAddress(await server.signInAddress(login));
    await other.reachComposer();
    const [here, far] = [page, otherPage].map((each) => ({
      rows: each.locator("[data-chat-row]"),
      title: each.getByTestId("window-header").getByRole("heading"),
    }));
    if (here === undefined || far === undefined) throw new Error("two pages");

    await chat.ask("Asked here");
    await expect(chat.endedAnswers).toHaveCount(1);
    await expect(far.rows).toHaveText(["Asked here"], SHOWN_WITHIN);
    await far.rows.click();
    await expect(other.answers).toContainText("Hello from Pipit.");
    await other.composer.fill("A draft that stays");

    // A name that is given here.
    await here.title.dblclick();
    await page.getByTestId("window-header").getByRole("textbox", { name: drawer.title }).fill("Renamed");
    await page.keyboard.press("Enter");
    await expect(far.rows).toHaveText(["Renamed"], SHOWN_WITHIN);
    await expect(far.title).toHaveText("Renamed", SHOWN_WITHIN);

    // An answer, from its question to its end; what stands there is not made anew.
    const first = await other.question("Asked here").elementHandle();
    const held = gate();
    model.script(stream(say("Slowly. "), held.step, say("All of it.")));
    await chat.ask("Asked here again");
    await expect(chat.answers.last()).toContainText("Slowly.");
    held.open();
    await expect(chat.endedAnswers).toHaveCount(2);
    await expect(other.answer("All of it.")).toBeVisible(SHOWN_WITHIN);
    expect(await first?.evaluate((element) => element.isConnected)).toBe(true);
    await expect(other.composer).toHaveValue("A draft that stays");

    // A deletion, of the chat that is shown there.
    await here.rows.click({ button: "right" });
    await page.getByRole("menuitem", { name: drawer.delete, exact: true }).click();
    await expect(far.rows).toHaveCount(0, SHOWN_WITHIN);
    await expect(other.questions).toHaveCount(0, SHOWN_WITHIN);
    await expect(other.composer).toHaveValue("A draft that stays");

    // The end of its sign-in.
    await page.evaluate(async () => {
      const { sessions } = (await (await fetch("/auth/browsers")).json()) as {
        readonly sessions: readonly { readonly session_id: string; readonly current: boolean }[];
      };
      for (const { session_id: id, current } of sessions)
        if (!current) await fetch(`/auth/browsers/${id}`, { method: "DELETE" });
    });
    await expect(other.signInToSendButton).toBeVisible(SIGNED_OUT_WITHIN);
    expect(await context.cookies()).toHaveLength(1);
    await expect(chat.composer).toBeVisible();
  } finally {
    await there.close();
  }
});
