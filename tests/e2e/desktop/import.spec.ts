import { readFile, stat, writeFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import type { ChatPage } from "#contract/chat-history.ts";
import { claudeExport } from "#tests/testing/claude-export.ts";
import { test } from "../fixtures/desktop-test.ts";

test("[24] the desktop imports and exports by the system's dialogs: main reads and writes the files", async ({
  shared: { desktop },
}, info) => {
  const given = info.outputPath("conversations.json");
  const written = info.outputPath("pipit-chats.json");
  await writeFile(given, claudeExport());
  const answer = (file: string | undefined) =>
    desktop.electron.evaluate(({ dialog }, path) => {
      const canceled = path === undefined;
      const filePaths = canceled ? [] : [path];
      dialog.showOpenDialog = (async () => ({ canceled, filePaths })) as typeof dialog.showOpenDialog;
      dialog.showSaveDialog = (async () => ({
        canceled,
        filePath: path ?? "",
      })) as typeof dialog.showSaveDialog;
    }, file);
  const { window, chat } = desktop;
  await chat.openSettings();
  const section = window.getByRole("region", { name: "Import and export", exact: true });
  const status = section.getByRole("status").first();
  const choose = section.getByRole("button", { name: "Choose a file" });

  await answer(given);
  await choose.click();
  await expect(status).toContainText("New chats: 1");
  await answer(written);
  await section.getByRole("button", { name: "Export as JSON" }).click();
  await expect(section.getByText(`Written to ${written}`)).toBeVisible();
  expect((await stat(written)).mode & 0o777).toBe(0o600);
  expect(await readFile(written, "utf8")).toContain("Do terns dive?");
  await choose.click();
  await expect(status).toContainText("New chats: 0");

  // One chat, by its menu.
  const one = info.outputPath("Terns.json");
  await answer(one);
  await window.keyboard.press("Escape");
  await chat.openChats();
  await window.locator("[data-chat-row]").filter({ hasText: "Terns" }).click({ button: "right" });
  await window.getByRole("menuitem", { name: chat.texts.shell.drawer.exportJson, exact: true }).click();
  await expect.poll(() => readFile(one, "utf8").catch(() => "")).toContain("Do terns dive?");
  await window.keyboard.press("Escape");

  // As it was before.
  const { chats } = (await desktop.command("listChats", { archived: false })) as ChatPage;
  for (const { id: chatId, title } of chats)
    if (title === "Terns") await desktop.command("deleteChat", { chatId });
});
