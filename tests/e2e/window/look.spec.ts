import { expect, type Page } from "@playwright/test";
import { test } from "../fixtures/chat-test.ts";

/** The desktop's panel, and a page in a browser. */
const panel = { width: 440, height: 680 };
const wide = { width: 1280, height: 800 };

test("the window brings its own font for its languages, and reads larger where there is room", async ({
  gallery,
  page,
}) => {
  const fonts: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "font") fonts.push(request.url());
  });
  await gallery.open("markdown");
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  // Hebrew and the signs of formulas are in that answer too; of Inter only the two scripts come.
  const inter = fonts.flatMap((url) => /inter-[a-z-]+-wght/u.exec(url) ?? []);
  expect(inter.toSorted()).toEqual(["inter-cyrillic-wght", "inter-latin-wght"]);
  const answer = page.locator(".md").last();
  for (const [viewport, size, line] of [
    [panel, "14px", "22px"],
    [wide, "16px", "26px"],
  ] as const) {
    await page.setViewportSize(viewport);
    await expect(answer).toHaveCSS("font-size", size);
    await expect(answer).toHaveCSS("line-height", line);
    const heading = answer.getByRole("heading", { name: "Plan for Oslo" });
    expect(await fontSizePx(heading)).toBeGreaterThan(1.3 * (await fontSizePx(answer)));
  }
});

test("header, messages, composer and status line have the same edges, with a scrollbar and without", async ({
  gallery,
  page,
}) => {
  for (const viewport of [panel, wide]) {
    await page.setViewportSize(viewport);
    for (const scene of ["conversation", "chat-200"]) {
      await gallery.open(scene);
      await expect(page.getByRole("article").last()).toBeInViewport();
      expect(new Set(await leftEdgesPx(page)).size, `${scene}, ${viewport.width} px`).toBe(1);
    }
  }
});

test("what can be done with the last answer is shown, with others when they are pointed at, and takes no room", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("chat-200");
  const last = page.getByRole("article").last();
  await expect(chat.button("Copy", last).locator("..")).toHaveCSS("opacity", "1");
  const before = page.getByRole("article").filter({ hasText: "Answer number 197 " });
  const actions = chat.button("Copy", before).locator("..");
  await expect(actions).toHaveCSS("opacity", "0");
  const next = page.getByRole("article").filter({ hasText: "Question number 198" });
  const textEndPx = await before.locator(".md").evaluate((text) => text.getBoundingClientRect().bottom);
  const bubblePx = await next
    .getByText("Question number 198")
    .evaluate((text) => text.getBoundingClientRect().top);
  expect(bubblePx - textEndPx).toBeLessThanOrEqual(40);
  await before.hover();
  await expect(actions).toHaveCSS("opacity", "1");
});

function fontSizePx(of: ReturnType<Page["locator"]>): Promise<number> {
  return of.evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
}

/** Where the title, the last answer, the composer's frame and the account's icon begin. */
async function leftEdgesPx(page: Page): Promise<readonly number[]> {
  const parts = [
    page.getByRole("banner").getByRole("heading"),
    page.getByRole("article").last(),
    page.getByRole("textbox", { name: "Message to Pipit" }).locator(".."),
    page.getByRole("contentinfo").locator("svg").first(),
  ];
  return Promise.all(
    parts.map((part) => part.evaluate((element) => Math.round(element.getBoundingClientRect().left))),
  );
}
