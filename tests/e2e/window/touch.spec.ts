import { expect } from "@playwright/test";
import { ChatPage } from "../fixtures/chat-page.ts";
import { test } from "../fixtures/chat-test.ts";

test("U10 where nothing can point, what can be done with a message is always shown", async ({ browser }) => {
  const context = await browser.newContext({ isMobile: true, hasTouch: true });
  const page = await context.newPage();
  await page.goto(`${process.env["PIPIT_GALLERY_URL"]}?scene=conversation`);
  const chat = new ChatPage(page);
  const actions = chat.button("Copy", chat.message("What is 18%")).locator("..");
  await expect(actions).toHaveCSS("opacity", "1");
  await context.close();
});

test("U15 Esc from the settings goes back to the question", async ({ gallery, chat, page }) => {
  await gallery.open("empty");
  await chat.button("Settings").click();
  await expect(page.getByRole("region", { name: "Settings" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(chat.composer).toBeFocused();
});
