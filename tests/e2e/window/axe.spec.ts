import { expect, type Page } from "@playwright/test";
import { fullSize, sized } from "#tests/testing/test-size.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/window-test.ts";

/** Thousands of what other scenes have a few of: what axe would find, it finds there, in a tenth of the time. */
const repetitive = new Set([
  "chat-long",
  "chats-many",
  "chats-many-at-once",
  "markdown-long",
  "markdown-huge",
]);

/** A scene is looked at in one of these, the next scene in the next; the nightly run looks at every scene in all. */
const faces = [
  ["light", "en"],
  ["dark", "ru"],
  ["dark", "en"],
  ["light", "ru"],
] as const;

const PARTS = 4;

/** Several tests, so that two workers share them, and each stays within its time on a slow machine. */
for (let part = 0; part < PARTS; part += 1) {
  test(`axe finds nothing in any scene, themes and languages in turns (${part + 1} of ${PARTS})`, async ({
    gallery,
    page,
  }) => {
    test.setTimeout(sized(360_000, 600_000));
    const loaded = watchLoading(page);
    await gallery.open("empty");
    const scenes = (await page.evaluate(() => window.sceneNames))
      .filter((name) => !repetitive.has(name))
      .filter((_, index) => index % PARTS === part);
    expect(scenes.length).toBeGreaterThan(10);
    for (const [index, scene] of scenes.entries()) {
      const turn = index % faces.length;
      for (const [theme, language] of fullSize ? faces : faces.slice(turn, turn + 1)) {
        await test.step(`${scene}, ${theme}, ${language}`, async () => {
          await gallery.open(scene, { theme, language });
          await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
          await expect(page.locator("html")).toHaveAttribute("lang", language);
          await loaded();
          expect.soft(await findings(page), `${scene}, ${theme}, ${language}`).toEqual([]);
        });
      }
    }
  });
}

/** Resolves when the page has everything that it shows, also what it began to load while it was drawn. */
function watchLoading(page: Page): () => Promise<void> {
  const requests = { begun: 0, ended: 0 };
  page.on("request", () => (requests.begun += 1));
  page.on("requestfinished", () => (requests.ended += 1));
  page.on("requestfailed", () => (requests.ended += 1));
  return async () => {
    let before: number;
    do {
      before = requests.begun;
      await page.evaluate(twoFrames);
    } while (requests.begun !== before || requests.ended < requests.begun);
  };
}

/** Runs in the page. */
function twoFrames(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
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
