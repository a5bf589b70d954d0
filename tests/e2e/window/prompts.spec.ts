import { expect } from "@playwright/test";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/window-test.ts";

test("a prompt is kept, changed, taken by its name or from the list, copied out and read in again", async ({
  gallery,
  page,
}) => {
  await gallery.open("prompts-empty");
  const dialog = page.getByRole("dialog", { name: "Your prompts" });
  const composer = page.getByRole("textbox", { name: "Message to Pipit" });

  // New: what is wrong stands at its field.
  await dialog.getByRole("button", { name: "New prompt" }).click();
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await dialog.getByLabel("Name").fill("two words");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toHaveText(
    "A name has 1 to 40 letters, digits, - or _, and no spaces.",
  );
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByLabel("Name").fill("shorter");
  await dialog.getByLabel("Text").fill("Say it shorter: {input} ({clipboard})");
  await dialog.getByRole("button", { name: "Choose keys" }).click();
  await page.keyboard.press("Control+Alt+S");
  await dialog.getByRole("button", { name: "Save" }).click();

  // From the list, around what was written already.
  await expect(dialog.getByRole("button", { name: /^\/shorter/u })).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await composer.fill("a long story");
  await page.getByRole("button", { name: "Your prompts" }).click();
  await dialog.getByRole("button", { name: /^\/shorter/u }).click();
  await expect(composer).toHaveValue("Say it shorter: a long story (copied)");
  await expect(composer).toBeFocused();

  // A list from elsewhere: all of it or nothing.
  await page.getByRole("button", { name: "Your prompts" }).click();
  await dialog.getByRole("button", { name: "Import" }).click();
  const json = dialog.getByLabel("Prompts as JSON");
  await json.fill('[{"name":"shine","text":"Polish: {input}"},{"name":"bad name","text":"x"}]');
  await dialog.getByRole("button", { name: "Import" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Prompt 2: A name has 1 to 40");
  expect(await axeViolations(page)).toEqual([]);
  await json.fill('[{"name":"shine","text":"Polish: {input}"}]');
  await dialog.getByRole("button", { name: "Import" }).click();
  await dialog.getByRole("button", { name: "Copy as JSON" }).click();
  await expect(dialog.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = await gallery.script(
    (host) => host.calls.findLast(({ name }) => name === "copyText")?.input as { readonly text: string },
  );
  expect(JSON.parse(copied.text)).toEqual([
    { name: "shine", text: "Polish: {input}" },
    { name: "shorter", text: "Say it shorter: {input} ({clipboard})" },
  ]);
  await page.keyboard.press("Escape");

  // By name: arrow keys choose, Esc leaves the text as it is, Enter takes and sends nothing.
  await composer.fill("/sh");
  const options = page.getByRole("option");
  await expect(options).toHaveText([/^\/shine/u, /^\/shorter/u]);
  await page.keyboard.press("ArrowDown");
  await expect(options.nth(1)).toHaveAttribute("aria-selected", "true");
  await expect(composer).toHaveAttribute("aria-activedescendant", /-1$/u);
  await page.keyboard.press("Escape");
  await expect(options).toHaveCount(0);
  await expect(composer).toHaveValue("/sh");
  await composer.fill("/shine my words");
  await expect(options).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(composer).toHaveValue("Polish: my words");
  const calls = await gallery.script((host) => host.calls.map(({ name }) => name));
  expect(calls).not.toContain("send");
  expect(calls).not.toContain("hideWindow");

  // Gone again.
  await page.getByRole("button", { name: "Your prompts" }).click();
  await dialog.getByRole("button", { name: "Change shorter" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(dialog.getByRole("button", { name: /^\//u })).toHaveText([/shine/u]);
});
