import { expect, type Page } from "@playwright/test";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { fullSize } from "#tests/testing/test-size.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/web-test.ts";
import { ChatWindow } from "../pages/chat-window.ts";

async function violations(page: Page): Promise<readonly string[]> {
  return (await axeViolations(page)).map(({ id, html }) => `${id}: ${html}`);
}

/** The window's suite looks at scenes in every language and theme; the nightly run looks at these views so, too. */
const faces = [
  ["ru", "dark"],
  ...(fullSize
    ? ([
        ["en", "light"],
        ["en", "dark"],
        ["ru", "light"],
      ] as const)
    : []),
] as const;

for (const [language, colorScheme] of faces) {
  test.describe(`${language}, ${colorScheme}`, () => {
    test.use({ windowLanguage: language, colorScheme });

    test("every view of the page is free of axe violations", async ({ page, server, model }) => {
      test.slow();
      const chat = new ChatWindow(page, language);
      await page.goto(server.url);
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
      expect(await violations(page), "signed out").toEqual([]);
      const { auth, profile } = chat.texts;
      for (const [path, ready] of [
        ["/login", auth.signIn],
        ["/register", auth.register.action],
      ] as const) {
        await page.goto(server.url + path);
        await page.getByRole("button", { name: ready, exact: true }).waitFor();
        expect(await violations(page), path).toEqual([]);
      }

      const { url, digits } = await server.signInAddress();
      await page.goto(url);
      await chat.linkDigits.waitFor();
      expect(await violations(page), "a one-time address").toEqual([]);
      await chat.typeDigits(digits);
      await chat.composer.or(chat.skipFirstRunButton).first().waitFor();
      expect(await violations(page), "after signing in").toEqual([]);
      await chat.reachComposer();
      await page.goto(`${server.url}/profile`);
      await page.getByText(profile.places.here, { exact: true }).waitFor();
      expect(await violations(page), "/profile").toEqual([]);
      await page.goto(server.url);
      await chat.reachComposer();
      expect(await violations(page), "empty chat").toEqual([]);

      model.script(
        stream(say("**Bold**, `code`.\n\n```js\nlet a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")),
      );
      await chat.ask("Show me everything");
      await expect(chat.answers.last()).toContainText("Bold");
      await expect(chat.stopButton).toBeHidden();
      expect(await violations(page), "an answer").toEqual([]);

      await chat.openSettings();
      await expect(page.getByText(chat.texts.settings.general.language).first()).toBeVisible();
      expect(await violations(page), "settings").toEqual([]);
      await chat.leaveSettings();

      await chat.openChats();
      await expect(page.getByRole("dialog")).toContainText("Show me everything");
      expect(await violations(page), "chats").toEqual([]);
      await page.keyboard.press("Escape");

      await server.kill();
      await chat.ask("Into the dark");
      await expect(chat.questions).toHaveCount(2);
      expect(await violations(page), "offline with a waiting message").toEqual([]);
    });
  });
}
