import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { claudeExport } from "#tests/testing/claude-export.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { sharedServerTest as test, signIn } from "../fixtures/web-test.ts";

test("[24] the page imports a file, says what came of it, stops when it is told to, and exports all chats", async ({
  page,
  server,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  const chat = await signIn(page, server);
  await chat.openSettings();
  const section = page.getByRole("region", { name: "Import and export", exact: true });
  const choose = async (name: string, text: string) => {
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      section.getByRole("button", { name: "Choose a file" }).click(),
    ]);
    await chooser.setFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  };
  const status = section.getByRole("status").first();

  // The server is not reached: the file is on its way until the person stops it.
  await page.route("**/v1/chats/import*", () => undefined);
  await choose("conversations.json", claudeExport());
  await expect(section.getByRole("progressbar", { name: "Sending the file" })).toBeVisible();
  await section.getByRole("button", { name: "Stop" }).click();
  await expect(status).toContainText("Stopped. Chats that were looked at: 0.");
  await page.unroute("**/v1/chats/import*");

  await choose("conversations.json", claudeExport());
  await expect(status).toContainText("New chats: 1");
  await expect(status).toContainText("Left out, empty: 1");
  await expect(status.getByText("Nothing said")).toBeVisible();
  const sidebar = page.getByRole("complementary", { name: chat.texts.shell.chats });
  await expect(sidebar.getByText("Terns")).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    section.getByRole("link", { name: "Export as JSON" }).click(),
  ]);
  const exported = await readFile(await download.path(), "utf8");
  expect(exported).toContain("Do terns dive?");
  await choose("pipit-chats.json", exported);
  await expect(status).toContainText("Chats that were here already: 1");

  await choose("page.html", "<html>");
  await expect(status).toContainText("This is no export that can be imported, or it is damaged.");
});
