import { expect } from "@playwright/test";
import { createX11Programs } from "#electron/other-programs/x11-programs.ts";
import { requireVariable } from "#engine/node/testing/config.ts";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { openX11Program } from "#tests/doubles/x11-program.ts";
import { axeViolations } from "../fixtures/axe.ts";
import type { DesktopApp } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";

const keys = "Alt+Shift+T";

/** Presses the keys for selected text while the program with this name has the keyboard. */
async function take(desktop: DesktopApp, text: string, program: string): Promise<void> {
  const programs = createX11Programs(requireVariable("DISPLAY"));
  await expect.poll(async () => (await programs.front())?.name).toBe(program);
  await desktop.electron.evaluate(({ clipboard }, selected) => clipboard.selection.writeText(selected), text);
  await desktop.hide();
  await expect.poll(() => desktop.pressHotkey(keys)).toBe(true);
  await expect(desktop.chat.composer).toHaveValue(text);
}

/** All texts that the app puts into the clipboard from now on. */
function followClipboard(desktop: DesktopApp): Promise<void> {
  return desktop.electron.evaluate(({ clipboard }) => {
    const written: string[] = ((globalThis as { written?: string[] }).written = []);
    const write = clipboard.writeText;
    clipboard.writeText = async (text) => {
      written.push(text);
      await write(text);
    };
  });
}
const written = (desktop: DesktopApp) =>
  desktop.electron.evaluate(() => (globalThis as { written?: string[] }).written);
const copied = (desktop: DesktopApp) => desktop.electron.evaluate(({ clipboard }) => clipboard.readText());

test("a complete answer takes the place of what was selected, once, and the clipboard is as it was; a terminal is not pasted into", async ({
  shared: { desktop, model },
}) => {
  const { window, chat } = desktop;
  const replace = window.getByRole("button", { name: "Replace the selection" });
  const display = requireVariable("DISPLAY");
  await using notes = await openX11Program(display, "Notes", "Plans");
  await desktop.electron.evaluate(({ clipboard }) => clipboard.writeText("of the person"));
  await desktop.command("updateSettings", { selectionHotkey: keys });
  await followClipboard(desktop);

  await take(desktop, "improve this", "Notes");
  // Which program it is from is not even asked about: that is off at first.
  await expect(window.getByRole("button", { name: "Always" })).toHaveCount(0);
  const held = gate();
  model.script(stream(say("Better. "), held.step, say("Best.")));
  await chat.composer.press("Enter");
  await expect(chat.answer("Better.")).toBeVisible();
  await expect(replace).toHaveCount(0);
  // Nor may a page that was taken over put half an answer, or what was never an answer, into another program.
  for (const message of await window.locator("[data-message-id]").all()) {
    const messageId = await message.getAttribute("data-message-id");
    await expect(desktop.command("replaceSelection", { messageId })).rejects.toThrow(
      "Only an answer that is complete",
    );
  }
  held.open();
  await replace.click();
  await expect.poll(() => notes.controlKeys.length).toBe(1);
  expect(await desktop.isVisible()).toBe(false);
  expect(await written(desktop)).toEqual(["Better. Best."]);
  await expect.poll(() => copied(desktop)).toBe("of the person");
  await expect(replace).toHaveCount(0);

  await using terminal = await openX11Program(display, "XTerm", "root");
  await take(desktop, "explain this", "XTerm");
  model.script(stream(say("rm -rf")));
  await chat.composer.press("Enter");
  await replace.click();
  await expect(window.getByText("Copied: paste it with Ctrl+V")).toBeVisible();
  expect(await copied(desktop)).toBe("rm -rf");
  expect([notes.controlKeys.length, terminal.controlKeys.length]).toEqual([1, 0]);
  await desktop.command("updateSettings", { selectionHotkey: "" });
});

test("the program that a text is from is told only after the person said so for it, and that can be taken back", async ({
  shared: { desktop, model },
}) => {
  const { window, chat } = desktop;
  await using notes = await openX11Program(requireVariable("DISPLAY"), "Notes", "Plans of mine");
  await desktop.command("updateSettings", { selectionHotkey: keys });
  await chat.openSettings();
  await window.getByRole("switch", { name: "Say which program a text is from" }).click();
  await expect.poll(async () => (await desktop.settings())["tellPrograms"]).toBe(true);
  const files = window.getByRole("list", { name: "Files" });

  await take(desktop, "what is this", "Notes");
  await expect(window.getByRole("group", { name: /“Notes”/u })).toBeVisible();
  expect(await axeViolations(window)).toEqual([]);
  await expect(files).toHaveCount(0);
  await window.getByRole("button", { name: "Always" }).click();
  await expect(files).toContainText("Notes");
  model.script(stream(say("Notes.")));
  await chat.composer.press("Enter");
  await expect(chat.answer("Notes.")).toBeVisible();
  expect(model.requests.at(-1)?.prompt).toContain("Window title: Plans of mine");

  // From now on by itself, in sight, and not when it was taken out.
  await take(desktop, "and now", "Notes");
  await window.getByRole("button", { name: "Remove Notes" }).click();
  model.script(stream(say("Nothing.")));
  await chat.composer.press("Enter");
  await expect(chat.answer("Nothing.")).toBeVisible();
  await chat.openSettings();
  await window.getByRole("button", { name: "Forget Notes" }).click();
  await expect.poll(async () => (await desktop.settings())["programs"]).toEqual([]);
  await desktop.command("updateSettings", { selectionHotkey: "", tellPrograms: false });
  await chat.leaveSettings();
  expect(notes.controlKeys).toEqual([]);
});
