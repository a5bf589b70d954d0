import { AxeBuilder } from "@axe-core/playwright";
import { expect } from "@playwright/test";
import { fullSize } from "#tests/testing/test-size.ts";
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

for (const [theme, language] of faces) {
  test(`axe finds nothing in any scene, ${theme}, ${language}`, async ({ gallery, page }) => {
    test.setTimeout(240_000);
    // What fades in would be measured half faded.
    await page.emulateMedia({ reducedMotion: "reduce" });
    await gallery.open("empty");
    const scenes = (await page.evaluate(() => window.sceneNames)).filter((name) => !repetitive.has(name));
    expect(scenes.length).toBeGreaterThan(10);
    for (const scene of scenes) {
      await test.step(scene, async () => {
        await gallery.open(scene, { theme, language });
        await expect(page.locator("#root")).not.toBeEmpty();
        const { violations } = await new AxeBuilder({ page })
          .options({ resultTypes: ["violations"] })
          .setLegacyMode()
          .analyze();
        const found = violations
          .flatMap(({ id, nodes }) => nodes.map((node) => ({ id, ...node })))
          .filter(({ id, html }) => !(id === "heading-order" && isOfAnswer(html)))
          .map(({ id, html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary ?? ""}`);
        expect.soft(found, `${scene}, ${theme}, ${language}`).toEqual([]);
      });
    }
  });
}

/** The order of headings in an answer is the model's; ours must be right. */
function isOfAnswer(html: string): boolean {
  return /^<h[3-6][^>]*\sdata-level=/u.test(html);
}
