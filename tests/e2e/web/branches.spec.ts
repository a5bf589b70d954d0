import { expect, type Page } from "@playwright/test";
import type { OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { sharedServerTest as test } from "../fixtures/web-test.ts";

/** What the model got with its newest question, besides the system's words. */
function seen(model: OpenAiDouble): readonly string[] {
  const { messages } = model.requests.at(-1) ?? { messages: [] };
  return messages.filter(({ role }) => role !== "system").map(({ content }) => textOf(content));
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = content as readonly { readonly text?: string }[];
  return parts.map(({ text = "" }) => text).join("");
}

/** What the messages say, without their times: one stands where the minute has changed. */
async function shownTexts(page: Page): Promise<readonly string[]> {
  const texts = await page.getByRole("article").allInnerTexts();
  return texts.map((text) => text.replaceAll(/\s*\d{1,2}:\d{2}\s[AP]M/g, ""));
}

test("U6: regenerated twice, edited once, switched back: the model gets what is shown, also after a reload", async ({
  chat,
  model,
  page,
}) => {
  const answers = ["One.", "Two.", "Two again.", "Two once more.", "Uno.", "Tre."];
  model.script(answers.map((text) => stream(say(text))));
  const { branchBefore, branchAfter } = chat.texts.chat;
  const before = page.getByRole("button", { name: branchBefore, exact: true });
  await chat.ask("First?");
  await expect(chat.answer("One.")).toBeVisible();
  await chat.ask("Second?");
  await expect(chat.answer("Two.")).toBeVisible();
  await expect(chat.stopButton).toBeHidden();

  for (const [next, place] of [
    ["Two again.", "2/2"],
    ["Two once more.", "3/3"],
  ] as const) {
    await chat.act(chat.answers.last(), "regenerate");
    await expect(chat.answer(next)).toBeVisible();
    await expect(chat.question("Second?")).toContainText(place);
    await expect(chat.stopButton).toBeHidden();
    expect(seen(model)).toEqual(["First?", "One.", "Second?"]);
  }
  await chat.editQuestion(chat.question("First?"), "Erste?");
  await expect(chat.answer("Uno.")).toBeVisible();
  await expect(chat.stopButton).toBeHidden();
  expect(seen(model)).toEqual(["Erste?"]);
  await expect(chat.questions).toHaveCount(1);

  await before.click();
  await expect(chat.answer("Two once more.")).toBeVisible();
  await expect(chat.question("First?")).toContainText("1/2");
  // The keyboard stays at the place that it switches.
  await expect(page.getByRole("button", { name: branchAfter, exact: true }).first()).toBeFocused();
  // Each press counts, also while the one before is on its way, and at the end the focus turns round.
  await chat.question("Second?").getByRole("button", { name: branchBefore, exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(chat.question("Second?")).toContainText("1/3");
  await page.keyboard.press("Enter");
  await expect(chat.answer("Two again.")).toBeVisible();
  await chat.ask("Third?");
  await expect(chat.answer("Tre.")).toBeVisible();
  await expect(chat.stopButton).toBeHidden();
  expect(seen(model)).toEqual(["First?", "One.", "Second?", "Two again.", "Third?"]);

  const stands = await shownTexts(page);
  await page.reload();
  await chat.reachComposer();
  await chat.openChats();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /First\?/ })
    .first()
    .click();
  await expect(chat.answer("Tre.")).toBeVisible();
  await expect.poll(() => shownTexts(page)).toEqual(stands);
  await expect(chat.question("Second?")).toContainText("2/3");
});

test("U15: a deleted exchange can be brought back from the server", async ({ chat, page }) => {
  const { deleted, undo } = chat.texts.chat;
  await chat.ask("Forget this");
  await expect(chat.answers).toContainText("Hello from Pipit.");
  await chat.act(chat.question("Forget this"), "delete");
  await expect(chat.questions).toHaveCount(0);
  await expect(page.getByText(deleted)).toBeVisible();
  await page.getByRole("button", { name: undo, exact: true }).click();
  await expect(chat.answers).toContainText("Hello from Pipit.");
  await expect(page.getByText(deleted)).toBeHidden();
});
