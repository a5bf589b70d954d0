import { expect, type Page } from "@playwright/test";
import { fullSize, sized } from "#tests/testing/test-size.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/window-test.ts";

/** Thousands of the blocks that other scenes have a few of: what axe would find, it finds there, in a tenth of the time. */
const repetitive = new Set(["chat-long", "markdown-long", "markdown-huge"]);

/** Each theme and each language once; the nightly run looks at every pair of them. */
const faces = [
  ["light", "en"],
  ["dark", "ru"],
  ...(fullSize
    ? ([
        ["dark", "en"],
        ["light", "ru"],
      ] as const)
    : []),
] as const;

/** Two tests, so that two workers share them. */
for (const half of ["even", "odd"] as const) {
  test(`axe finds nothing in any scene, in any theme and language (${half} scenes)`, async ({
    gallery,
    page,
  }) => {
    test.setTimeout(sized(240_000, 600_000));
    await gallery.open("empty");
    const scenes = (await page.evaluate(() => window.sceneNames))
      .filter((name) => !repetitive.has(name))
      .filter((_, index) => (index % 2 === 0) === (half === "even"));
    expect(scenes.length).toBeGreaterThan(10);
    for (const scene of scenes) {
      await gallery.open(scene);
      await expect(page.locator("#root")).not.toBeEmpty();
      for (const [theme, language] of faces) {
        await test.step(`${scene}, ${theme}, ${language}`, async () => {
          await wear(page, theme, language);
          expect.soft(await findings(page), `${scene}, ${theme}, ${language}`).toEqual([]);
        });
      }
    }
  });
}

/** Changes both in the settings, as the user does: all that is open stays open, and no page has to be loaded again. */
async function wear(page: Page, theme: "light" | "dark", language: "en" | "ru"): Promise<void> {
  await page.evaluate(
    (change) => window.scripted.app.setState(({ settings }) => ({ settings: { ...settings, ...change } })),
    { theme, language },
  );
  await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
  await expect(page.locator("html")).toHaveAttribute("lang", language);
}

async function findings(page: Page): Promise<readonly string[]> {
  return (await axeViolations(page))
    .filter(({ id, html }) => !(id === "heading-order" && isOfAnswer(html)))
    .map(({ id, html, summary }) => `${id}: ${html.slice(0, 200)}: ${summary}`);
}

/** The order of headings in an answer is the model's; ours must be right. */
function isOfAnswer(html: string): boolean {
  return /^<h[3-6][^>]*\sdata-level=/u.test(html);
}
