import { expect, type Page } from "@playwright/test";
import { test } from "../fixtures/chat-test.ts";

/** The desktop's panel, and a page in a browser. */
const panel = { width: 440, height: 680 };
const wide = { width: 1280, height: 800 };

test("the window brings its own font for its languages, and reads larger where there is room", async ({
  gallery,
  page,
}) => {
  await gallery.open("markdown");
  // By the first range of their characters: a font that the browser has from tests before is not asked for again.
  const fonts = () =>
    page.evaluate(() =>
      [...document.fonts].flatMap(({ family, status, unicodeRange }) =>
        family.includes("Inter") && status === "loaded" ? (unicodeRange.split(",")[0] ?? []) : [],
      ),
    );
  // Hebrew and the signs of formulas are in that answer too; of Inter only the two scripts come.
  await expect.poll(async () => (await fonts()).toSorted()).toEqual(["U+0-FF", "U+301"]);
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
      // Beside the list of chats, the account stands below that.
      await gallery.script((host) => void host.commands.updateSettings({ sidebar: false }));
      await expect(page.getByRole("article").last()).toBeInViewport();
      await expect
        .poll(async () => new Set(await leftEdgesPx(page)).size, `${scene}, ${viewport.width} px`)
        .toBe(1);
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
  const bubble = next.getByText("Question number 198");
  const gapPx = async () => {
    const text = await before.locator(".md").boundingBox();
    return ((await bubble.boundingBox())?.y ?? Infinity) - ((text?.y ?? 0) + (text?.height ?? 0));
  };
  // Rows that are still measured move.
  await expect.poll(gapPx).toBeLessThanOrEqual(40);
  await before.hover();
  await expect(actions).toHaveCSS("opacity", "1");
});

test("the tab is named by the chat or the view that is open", async ({ gallery, page }) => {
  await gallery.open("empty");
  await expect(page).toHaveTitle("Pipit");
  await gallery.script((host) => host.chat.setState({ title: "Tax on a bicycle" }));
  await expect(page).toHaveTitle("Tax on a bicycle – Pipit");
  await page.getByRole("button", { name: "Settings" }).click();
  await expect(page).toHaveTitle("Settings – Pipit");
});

test("a sent picture is shown large, and Esc gives the focus back, as it does from the list of models", async ({
  gallery,
  page,
}) => {
  await gallery.open("chat-picture");
  const small = page.getByRole("button", { name: "Picture, 320 by 200 pixels" });
  await small.click();
  const large = page.getByRole("dialog").getByRole("img");
  await expect(large).toBeVisible();
  await expect.poll(async () => (await large.boundingBox())?.width).toBeGreaterThan(300);
  await page.keyboard.press("Escape");
  await expect(large).toHaveCount(0);
  await expect(small).toBeFocused();
  const model = page.getByRole("button", { name: "Model: llama3.2" });
  await model.click();
  await expect(page.getByRole("dialog", { name: "Model" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(model).toBeFocused();
  expect(await gallery.script((host) => host.calls.some(({ name }) => name === "hideWindow"))).toBe(false);
});

/** What a window of 640 x 1136 and one of 1280 x 800 have at 200 %: the page gets half of it, in pixels of twice the size. */
const zoomed = [
  { width: 320, height: 568 },
  { width: 640, height: 400 },
];

test("at 200 % nothing is wider than the window and the way on can be reached, in any language", async ({
  gallery,
  page,
}) => {
  const devtools = await page.context().newCDPSession(page);
  for (const scene of ["built-in", "chat-states", "markdown", "settings", "first-run", "chat-files"]) {
    for (const language of ["en", "ru"] as const) {
      await gallery.open(scene, { language });
      for (const size of zoomed) {
        await devtools.send("Emulation.setDeviceMetricsOverride", {
          ...size,
          deviceScaleFactor: 2,
          mobile: false,
        });
        await expect.poll(() => page.evaluate(() => [innerWidth, devicePixelRatio])).toEqual([size.width, 2]);
        await expect(page.getByRole("button").first()).toBeVisible();
        const name = `${scene}, ${language}, ${size.width} px`;
        await expect.poll(() => tooWide(page), name).toEqual([]);
        const wayOn = page.locator(scene === "first-run" ? "button" : "textarea, [role=dialog] button");
        await wayOn.first().scrollIntoViewIfNeeded();
        await expect(wayOn.first(), name).toBeInViewport({ ratio: 1 });
      }
    }
  }
  await devtools.send("Emulation.clearDeviceMetricsOverride");
});

test("with the system's own colours edges, choices and the focus are seen; with less motion nothing moves", async ({
  gallery,
  chat,
  page,
}) => {
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  await gallery.open("chat-streaming");
  await expect(page.getByText("Tell me about Oslo")).toHaveCSS("outline-style", "solid");
  await chat.composer.focus();
  await expect(chat.composer.locator("..")).toHaveCSS("outline-width", "2px");
  await gallery.script((host) =>
    host.app.setState(({ settings }) => ({ settings: { ...settings, speak: true } })),
  );
  await expect(chat.button("Read answers aloud")).toHaveCSS("outline-style", "solid");
  await expect(page.getByRole("img", { name: "Pipit is thinking" })).toHaveCSS("animation-name", "none");
  await page.emulateMedia({ forcedColors: null, reducedMotion: null });
});

/** What reaches beyond the window's edge, and is not in a box that scrolls by itself, as code and tables do. */
function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const scrolls = [...document.querySelectorAll("[role=log], body")]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ tagName }) => tagName);
    const parts = [...document.querySelectorAll("button, p, h1, h2, h3, label, select, li, img")]
      .filter((part) => part.closest(".md-code, .md-table, .md-formula, .sr-only") === null)
      .filter((part) => part.getBoundingClientRect().right > innerWidth + 0.5)
      .map((part) => part.outerHTML.slice(0, 120));
    return [...scrolls, ...parts];
  });
}

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
