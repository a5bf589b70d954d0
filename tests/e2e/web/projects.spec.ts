import { expect } from "@playwright/test";
import { projects as texts } from "#renderer/i18n/en/projects.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { sharedServerTest as test } from "../fixtures/web-test.ts";

const INSTRUCTIONS = "Use Latin names of birds.";

test("[13] the model knows the instructions of a project in its chats only, and a deleted one leaves its chats", async ({
  chat,
  context,
  model,
  page,
  server,
}) => {
  const { drawer, projects, chats } = chat.texts.shell;
  await page.setViewportSize({ width: 1280, height: 800 });
  const sidebar = page.getByRole("complementary", { name: chats });
  const rows = sidebar.locator("[data-chat-row]");
  const dialog = page.getByRole("dialog");
  const told = async (question: string): Promise<string> => {
    await chat.ask(question);
    await expect(chat.question(question)).toBeVisible();
    const unanswered = async () => (await chat.questions.count()) - (await chat.endedAnswers.count());
    await expect.poll(unanswered).toBe(0);
    return JSON.stringify(model.requests.findLast(({ prompt }) => prompt.includes(question))?.messages);
  };

  await sidebar.getByRole("button", { name: projects.new, exact: true }).click();
  await dialog.getByLabel(texts.name, { exact: true }).fill("Birds");
  await dialog.getByLabel(texts.instructions).fill(INSTRUCTIONS);
  await dialog.getByRole("button", { name: texts.create, exact: true }).click();
  await expect(sidebar.getByRole("heading", { name: "Birds" })).toBeVisible();
  expect(await told("What sings there?")).toContain(INSTRUCTIONS);
  await expect(rows).toHaveText(["What sings there?"]);
  expect(await axeViolations(page)).toEqual([]);

  // A reload finds the chat in its project; its row is a link, which another tab opens.
  await page.reload();
  const mark = page.getByTestId("window-header").getByRole("button", { name: "Project: Birds" });
  await expect(mark).toBeVisible();
  const address = new URL(page.url()).pathname;
  await expect(rows).toHaveAttribute("href", address);
  const opening = context.waitForEvent("page");
  await rows.click({ modifiers: ["ControlOrMeta"] });
  const tab = await opening;
  await expect(tab).toHaveURL(server.url + address);
  await expect(tab.getByTestId("window-header").getByRole("heading")).toHaveText("What sings there?");
  await tab.close();
  await expect(mark).toBeVisible();

  // A copy stays in it; what is moved out knows its instructions no longer.
  await page.getByRole("button", { name: chat.texts.chat.fork, exact: true }).click();
  await expect(rows).toHaveCount(2);
  await expect(mark).toBeVisible();
  await rows.first().click({ button: "right" });
  await page.getByRole("menuitem", { name: projects.move, exact: true }).click();
  await page.getByRole("menuitem", { name: projects.none, exact: true }).click();
  await expect(mark).toHaveCount(0);
  expect(await told("And here?")).not.toContain(INSTRUCTIONS);
  await rows.last().click();
  await expect(mark).toBeVisible();
  expect(await told("And there?")).toContain(INSTRUCTIONS);

  await mark.click();
  await expect(rows).toHaveCount(1);
  await sidebar.getByRole("button", { name: projects.edit, exact: true }).click();
  await dialog.getByRole("button", { name: texts.delete, exact: true }).click();
  await expect(dialog.getByText(texts.deleteBody)).toBeVisible();
  await dialog.getByRole("button", { name: texts.delete, exact: true }).click();
  await expect(mark).toHaveCount(0);
  await expect(rows).toHaveCount(2);
  await expect(chat.question("What sings there?")).toBeVisible();
  expect(await told("Still there?")).not.toContain(INSTRUCTIONS);
  await expect(sidebar.getByRole("button", { name: drawer.archived })).toBeVisible();
});
