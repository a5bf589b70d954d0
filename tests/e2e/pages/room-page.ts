import { expect, type Page } from "@playwright/test";
import { rooms as texts } from "#renderer/i18n/en/rooms.ts";
import { texts as all } from "./texts.ts";

const shell = all.en.shell;

/** What one person does in rooms. */
export function personAt(page: Page) {
  const sidebar = page.getByRole("complementary", { name: shell.chats });
  const group = sidebar.getByRole("region", { name: shell.rooms.title });
  const log = page.getByRole("log", { name: texts.conversation });
  return {
    page,
    group,
    log,
    row: (name: string) => group.locator("[data-room-row]").filter({ hasText: name }),
    said: log.locator("article"),
    field: page.getByRole("textbox", { name: texts.composer }),
    button: (name: string) => page.getByRole("button", { name, exact: true }),
    async say(text: string) {
      await this.field.fill(text);
      await page.keyboard.press("Enter");
      await expect(this.field).toHaveValue("");
    },
  };
}
