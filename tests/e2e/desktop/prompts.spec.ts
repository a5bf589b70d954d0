import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { answerDialogs } from "../fixtures/answer-dialogs.ts";
import { test } from "../fixtures/desktop-test.ts";

test("what was copied or selected is read for a prompt only once the person has allowed its text, whoever asks for it", async ({
  shared: { desktop },
}) => {
  const save = (text: string, name = "steal") =>
    desktop.command("savePrompts", { prompts: [{ name, text }] });
  const give = () => desktop.command("givePrompt", { name: "steal" });
  await desktop.electron.evaluate(async ({ clipboard }) => {
    await clipboard.selection.writeText("marked");
    await clipboard.writeText("a password");
  });
  await answerDialogs(desktop, "Not now");
  await save("{clipboard} {selection}");
  expect(await give()).toEqual({ text: "{clipboard} {selection}", values: {} });
  expect(await answerDialogs(desktop, "Allow")).toMatchObject([
    {
      message: expect.stringContaining("“steal”"),
      detail: expect.stringContaining("{clipboard} {selection}"),
    },
  ]);

  // Once is enough for this text, and only for this one: also when it was another in between.
  const both = { values: { clipboard: "a password", selection: "marked" } };
  expect(await give()).toMatchObject(both);
  expect(await give()).toMatchObject(both);
  expect(await answerDialogs(desktop, "Not now")).toHaveLength(1);
  await save("Look: {clipboard}");
  expect(await give()).toMatchObject({ values: {} });
  await save("{clipboard} {selection}");
  expect(await give()).toMatchObject({ values: {} });
  expect(await answerDialogs(desktop, "Allow")).toHaveLength(2);
  // A prompt that reads nothing asks nothing.
  await save("Explain {input}");
  await give();
  expect(await answerDialogs(desktop, "Not now")).toEqual([]);
  await desktop.command("savePrompts", { prompts: [] });
});

test("keys of a prompt bring up the window with it and what is selected elsewhere", async ({
  shared: { desktop },
}) => {
  const { window, chat } = desktop;
  const dialog = window.getByRole("dialog");
  await window.getByRole("button", { name: "Your prompts" }).click();
  await dialog.getByRole("button", { name: "New prompt" }).click();
  await dialog.getByLabel("Name").fill("explain");
  await dialog.getByLabel("Text").fill("Explain {selection} beside {clipboard}, {input}");
  await dialog.getByRole("button", { name: "Choose keys" }).click();
  await window.keyboard.press("Control+Alt+E");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("button", { name: /^\/explain/u })).toBeVisible();
  const path = join(desktop.home, "desktop", "prompts.json");
  await expect
    .poll(async () => JSON.parse(await readFile(path, "utf8").catch(() => "null")) as unknown)
    .toMatchObject([{ name: "explain" }]);

  await window.keyboard.press("Escape");
  await chat.composer.fill("please");
  await desktop.electron.evaluate(async ({ clipboard }) => {
    await clipboard.selection.writeText("a closure {input}");
    await clipboard.writeText("an object");
  });
  await answerDialogs(desktop, "Allow");
  await desktop.hide();
  await expect.poll(() => desktop.pressHotkey("CommandOrControl+Alt+E")).toBe(true);
  await expect(chat.composer).toHaveValue("Explain a closure {input} beside an object, please");
  await expect.poll(() => desktop.isVisible()).toBe(true);
  await expect(chat.composer).toBeFocused();

  // What is longer than any message is said, and nothing that was written is lost.
  await desktop.electron.evaluate(({ clipboard }) => clipboard.writeText("x".repeat(100 * 1024 * 1024)));
  await desktop.pressHotkey("CommandOrControl+Alt+E");
  await expect(window.getByRole("alert")).toContainText("The message is too long.");
  await expect(chat.composer).toHaveValue("Explain a closure {input} beside an object, please");
  await window.getByRole("button", { name: "Dismiss" }).click();
  await desktop.electron.evaluate(({ clipboard }) => clipboard.writeText(""));

  // The same bound, and the same care, for the selected text by itself.
  await desktop.command("updateSettings", { selectionHotkey: "Alt+Shift+T" });
  await desktop.hide();
  await expect.poll(() => desktop.pressHotkey("Alt+Shift+T")).toBe(true);
  await expect(chat.composer).toHaveValue(
    "Explain a closure {input} beside an object, please\na closure {input}",
  );
  await expect.poll(() => desktop.isVisible()).toBe(true);
  await desktop.command("updateSettings", { selectionHotkey: "" });
  await desktop.command("savePrompts", { prompts: [] });
});
