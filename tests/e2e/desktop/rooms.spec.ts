import { expect } from "@playwright/test";
import { rooms as texts } from "#renderer/i18n/en/rooms.ts";
import { test } from "../fixtures/desktop-test.ts";

test("[14] the window of the desktop shows a room, which stays as it is while its page is loaded anew", async ({
  shared: { desktop },
}) => {
  const { window, chat } = desktop;
  const { shell } = chat.texts;
  const log = window.getByRole("log", { name: texts.conversation });
  const field = window.getByRole("textbox", { name: texts.composer });
  const enter = async () => {
    await window.getByRole("button", { name: shell.chats, exact: true }).click();
    await window.getByRole("button", { name: shell.rooms.everyone }).click();
  };
  await enter();
  await expect(field).toBeFocused();
  await field.fill("Anybody here?");
  await field.press("Enter");
  await expect(log.getByRole("article")).toContainText("Anybody here?");
  await window.reload();
  await chat.reachComposer();
  await enter();
  await expect(log.getByRole("article")).toHaveCount(1);
  await log.getByRole("article").getByRole("button", { name: texts.delete, exact: true }).press("Enter");
  await window.getByRole("button", { name: texts.deleteAsk }).press("Enter");
  await expect(log.getByRole("article")).toContainText(texts.deleted);
  await window.getByRole("button", { name: shell.back, exact: true }).click();
  await expect(chat.composer).toBeFocused();
});

test("what comes in a room that nobody sees is told by one notification with the room's name, which opens the room", async ({
  shared: { desktop },
}) => {
  const { window, chat } = desktop;
  await desktop.hide();
  await desktop.command("openRoom", { room: "everyone" });
  await desktop.command("sendToRoom", { room: "everyone", text: "@pipit who is there?" });
  await expect.poll(() => desktop.notifications(chat.texts.shell.rooms.everyone)).toEqual(["New message"]);
  await desktop.clickNotification(chat.texts.shell.rooms.everyone);
  await expect.poll(() => desktop.isVisible()).toBe(true);
  const log = window.getByRole("log", { name: texts.conversation });
  await expect(log.getByRole("article").last()).toContainText(texts.assistant);
  await window.getByRole("button", { name: chat.texts.shell.back, exact: true }).click();
  await expect(chat.composer).toBeFocused();
});
