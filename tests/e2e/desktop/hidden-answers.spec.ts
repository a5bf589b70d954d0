import { expect } from "@playwright/test";
import { driver } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";

test("an answer that ends while the window is hidden is told once and marked in the tray; a click opens its chat", async ({
  shared: { desktop },
}) => {
  const question = "What came while I was away?";
  const marked = () => desktop.trayItem("unseen");
  await desktop.chat.ask("What is in sight?");
  await expect(desktop.chat.endedAnswers).toHaveCount(1);
  expect(await marked()).toBeUndefined();
  await desktop.hide();
  await desktop.command("send", { text: question });
  await expect.poll(() => desktop.notifications(question)).toEqual(["Pipit has answered"]);
  await expect.poll(marked).toMatchObject({ label: "There is something new" });
  await desktop.command("newChat");
  await desktop.clickNotification(question);
  await expect.poll(() => desktop.isVisible()).toBe(true);
  await expect(desktop.chat.questions).toHaveCount(2);
  await expect.poll(marked).toBeUndefined();

  await desktop.command("updateSettings", { notify: false });
  await desktop.hide();
  await desktop.command("send", { text: "And quietly?" });
  await expect.poll(marked).toBeDefined();
  expect(await desktop.notifications("And quietly?")).toEqual([]);
  await desktop.command("updateSettings", { notify: true });
});

test("the menu of what is clicked is in the window's language and does what it says", async ({
  shared: { desktop },
}) => {
  test.skip(driver === "electron", "a menu of the system cannot be read by a test");
  await desktop.command("updateSettings", { language: "ru" });
  const seen = await desktop.electron.evaluate(async ({ BrowserWindow, clipboard, Menu }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    const target = {
      isEditable: false,
      selectionText: "",
      linkURL: "https://example.org/",
      mediaType: "none",
      misspelledWord: "",
      dictionarySuggestions: [],
      editFlags: {},
      frame: null,
      menuSourceType: "mouse",
    };
    contents?.emit("context-menu", {}, target);
    const menus = Menu as unknown as { openForTest(): { items: { label: string; click(): void }[] } };
    const [item] = menus.openForTest().items;
    item?.click();
    return [item?.label, await clipboard.readText()];
  });
  expect(seen).toEqual(["Скопировать ссылку", "https://example.org/"]);
  await desktop.command("updateSettings", { language: "system" });
});
