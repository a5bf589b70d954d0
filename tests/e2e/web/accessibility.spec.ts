import { expect, type Page } from "@playwright/test";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { fullSize } from "#tests/testing/test-size.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { sharedServerTest } from "../fixtures/web-test.ts";
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
  sharedServerTest.describe(`${language}, ${colorScheme}`, () => {
    sharedServerTest.use({ windowLanguage: language, colorScheme });

    sharedServerTest(
      "what no scene of the window has is free of axe violations: the document, a one-time address, an answer that came",
      async ({ page, server, model, standing }) => {
        const chat = new ChatWindow(page, language);
        await page.goto(server.url);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
        await page.getByRole("button", { name: chat.texts.auth.signIn, exact: true }).waitFor();
        expect(await violations(page), "signed out").toEqual([]);

        const { url, digits } = await server.signInAddress(standing.newLogin());
        await page.goto(url);
        await chat.linkDigits.waitFor();
        expect(await violations(page), "a one-time address").toEqual([]);
        await chat.typeDigits(digits);
        await chat.reachComposer();

        model.script(
          stream(say("**Bold**, `code`.\n\n```js\nlet a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")),
        );
        await chat.ask("Show me everything");
        await expect(chat.endedAnswers).toContainText("Bold");
        expect(await violations(page), "an answer").toEqual([]);
      },
    );
  });
}
