import { expect } from "@playwright/test";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/window-test.ts";

test("[22] what is remembered is seen, searched, added, changed, forgotten, brought back and switched off", async ({
  gallery,
  page,
}) => {
  await gallery.open("memories", { language: "en" });
  const section = page.getByRole("region", { name: "Memory", exact: true });
  const rows = section.getByRole("listitem");
  await expect(rows).toHaveCount(3);
  expect(await axeViolations(page)).toEqual([]);

  await section.getByLabel("Something to remember").fill("I am vegetarian");
  await page.keyboard.press("Escape");
  await expect(section.getByLabel("Something to remember")).toHaveValue("I am vegetarian");
  await section.getByRole("button", { name: "Add" }).click();
  await expect(rows.first()).toContainText("I am vegetarian");
  await expect(section.getByLabel("Something to remember")).toHaveValue("");

  const edit = section.getByRole("button", { name: "Edit: I am vege" });
  await edit.focus();
  await page.keyboard.press("Enter");
  await expect(section.getByLabel("Memory", { exact: true })).toBeFocused();
  await page.keyboard.type("!");
  await page.keyboard.press("Escape");
  await expect(edit).toBeFocused();
  await page.keyboard.press("Enter");
  await section.getByLabel("Memory", { exact: true }).fill("I am vegan");
  await page.keyboard.press("Enter");
  await expect(rows.first()).toContainText("I am vegan");
  await expect(section.getByRole("button", { name: "Edit: I am vegan" })).toBeFocused();

  await section.getByLabel("Search memories").fill("lisbon");
  await expect(rows).toHaveCount(1);
  await section.getByRole("button", { name: "Forget: I live in Lisbon" }).click();
  await expect(section.getByText("No memory has this text.")).toBeVisible();
  await expect(section.getByRole("button", { name: "Undo" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(rows).toHaveText([/I live in Lisbon/u]);
  await section.getByLabel("Search memories").press("Escape");
  await expect(rows).toHaveCount(4);

  // One that another device has forgotten meanwhile leaves the list, and the refusal is told.
  await gallery.script((host) => {
    const list = host.answers.listMemories as () => { memories: { id: string }[] };
    host.answers.listMemories = () => ({
      ...list(),
      memories: list().memories.filter(({ id }) => id !== "m3"),
    });
    host.answers.changeMemory = () => {
      throw new Error("There is no such memory.");
    };
  });
  await section.getByRole("button", { name: "Edit: I live in Lisbon" }).click();
  await page.keyboard.press("Enter");
  await expect(section.getByText("Something went wrong")).toBeVisible();
  await expect(rows).toHaveCount(3);

  const remember = section.getByRole("switch", { name: "Remember what I say about myself" });
  await remember.click();
  await expect(remember).not.toBeChecked();
  expect(await axeViolations(page)).toEqual([]);

  // A line below an answer says what was remembered of its question.
  await gallery.open("chat-remembered", { language: "en" });
  const line = page.getByText("Remembered: I live in Lisbon");
  await expect(line).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Forgotten.")).toBeVisible();
  const forgotten = () =>
    gallery.script((host) => host.calls.findLast(({ name }) => name === "forgetMemory")?.input);
  await expect.poll(() => forgotten()).toEqual({ memoryId: "m3" });

  // What is done to it in the settings stands there, too.
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await expect(rows).toHaveCount(2);
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await expect(page.getByText("Forgotten.")).toBeVisible();
});
