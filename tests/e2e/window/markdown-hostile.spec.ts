import { expect } from "@playwright/test";
import { sampleAnswer } from "#renderer/gallery/sample-answer.ts";
import { sized } from "#tests/testing/test-size.ts";
import { test } from "../fixtures/markdown-test.ts";
import { contextOfItsOwn } from "../fixtures/window-test.ts";

// Its pictures of the page would be most of what the page does.
test.use({ trace: "off", context: contextOfItsOwn });

test.beforeEach(({ answers }) => answers.open());

test("HTML is shown as text and never interpreted", async ({ answers, page }) => {
  const html = [
    "<script>window.hacked = true</script>",
    '<img src=x onerror="window.hacked = true">',
    'text <b onclick="x">bold</b> <iframe src="https://evil.example"></iframe> <style>*{display:none}</style>',
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  ].join("\n\n");
  await answers.show(html);
  await expect(page.getByText("<script>window.hacked = true</script>")).toBeVisible();
  await expect(
    page.locator(".md :is(script, img, iframe, style, svg:not(.lucide), b, a, form, object)"),
  ).toHaveCount(0);
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  expect(await answers.violations()).toEqual([]);
});

test("links of other schemes are text, however they are written", async ({ answers, page }) => {
  const urls = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java&#x73;cript:alert(1)",
    "javascript&colon;alert(1)",
    "<java\tscript:alert(1)>",
    "< javascript:alert(1)>",
    "data:text/html,<script>1</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://example.org/x",
    "pipit:compose?text=x",
    "//evil.example/x",
    "/relative",
    "https://bank.example@evil.example/",
    "https://user:secret@evil.example/",
    `https://example.org/${"a".repeat(9_000)}`,
  ];
  await answers.show(urls.map((url, index) => `[link${index}](${url}) end${index}`).join("\n\n"));
  await expect(page.getByText(`end${urls.length - 1}`)).toBeAttached();
  await expect(page.locator(".md a")).toHaveCount(0);
});

test("pictures are never fetched: a link with the description stands for them", async ({ answers, page }) => {
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await answers.show(
    "![a bird](https://tracker.example/pixel.png) ![x](javascript:alert(1)) ![](data:image/png;base64,AA==)",
  );
  await expect(page.getByRole("link", { name: "a bird" })).toHaveAttribute("title", "Opens tracker.example");
  await expect(page.locator(".md img")).toHaveCount(0);
  await expect(page.locator(".md a")).toHaveCount(1);
  expect(requests.filter((url) => url.includes("tracker"))).toEqual([]);
});

test("a link that looks like another address names its true host", async ({ answers, page }) => {
  await answers.show("[https://bank.example](https://evil.example/login) [x](https://аррӏе.com)");
  const link = page.getByRole("link", { name: "https://bank.example" });
  await expect(link).toHaveAttribute("title", "Opens evil.example");
  await expect(page.getByRole("link", { name: "x", exact: true })).toHaveAttribute("title", /^Opens xn--/);
});

test("marks that turn the direction are taken out of links, and stay within their block", async ({
  answers,
  page,
}) => {
  await answers.show("[safe\u202Egpj.exe\u2066](https://example.org)\n\nA \u202Eturned\n\nB");
  await expect(page.getByRole("link")).toHaveText("safegpj.exe");
  const paragraphs = page.locator(".md p");
  await expect(paragraphs).toHaveCount(3);
  for (const paragraph of await paragraphs.all()) {
    await expect(paragraph).toHaveAttribute("dir", "auto");
    await expect(paragraph).toHaveCSS("unicode-bidi", "isolate");
  }
});

/**
 * Nothing of this may hang the page: milliseconds of the processor. Parsed in one go these texts take from seconds to for
 * ever; how quick they are is for `bench/render.ts` to say, since a busy machine makes the same work cost more.
 */
const taskMaxMs = 1_500;

const hostile: Readonly<Record<string, string>> = {
  "lists 1,000 deep": Array.from({ length: 1_000 }, (_, index) => `${"  ".repeat(index)}- a`).join("\n"),
  "quotations 10,000 deep": `${">".repeat(10_000)} deep`,
  "a table of thousands of cells": `| a | b |\n| - | - |\n${"| 1 | 2 |\n".repeat(sized(2_000, 5_000))}`,
  "a line of a megabyte": "word ".repeat(200_000),
  "code with a line of a megabyte": `\`\`\`\n${"x".repeat(1_000_000)}\n\`\`\``,
  "100,000 brackets": "[".repeat(100_000),
  "100,000 marks of emphasis": "*a_ ".repeat(25_000),
  "formulas by the thousand": "$x^2$ ".repeat(sized(1_000, 3_000)),
};

for (const [name, text] of Object.entries(hostile)) {
  test(`${name}: shown in bounded time`, async ({ answers, page }) => {
    const longestMs = await answers.longestTaskMs(async () => {
      await answers.show(`${text}\n\nthe end of it`);
      await expect(page.locator(".md").last()).toContainText("the end of it", { timeout: 40_000 });
    });
    expect(longestMs).toBeLessThan(taskMaxMs);
  });
}

/** Chat-scrolling shows one of 2 MB in every run. */
const longAnswer = sized(150_000, 2_000_000);

test("a very long answer opens step by step, its beginning at once", async ({ answers, page }) => {
  test.setTimeout(sized(180_000, 600_000));
  const longestMs = await answers.longestTaskMs(async () => {
    await answers.show(`${sampleAnswer(longAnswer)}\n\nthe end of it`);
    await expect(page.getByRole("heading", { name: "Step 1:" })).toBeAttached();
    await expect(page.getByText("the end of it", { exact: true })).toBeVisible({
      timeout: sized(120_000, 500_000),
    });
  });
  expect(longestMs).toBeLessThan(taskMaxMs);
  // What is out of sight is not in the page; it comes back when it is looked at.
  await expect.poll(() => page.locator(".md *").count()).toBeLessThan(5_000);
  await page.getByRole("log").press("Home");
  await expect(page.getByRole("heading", { name: "Step 1:" })).toBeVisible();
});

test("a hidden page reads nothing until it is seen", async ({ answers, page }) => {
  await answers.show("first", "streaming");
  await expect(page.getByText("first")).toBeVisible();
  // Frames are what stops in a hidden page; a headless one is never hidden by itself.
  await page.evaluate(() => {
    const waiting: FrameRequestCallback[] = [];
    const real = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (callback) => waiting.push(callback);
    Object.assign(window, {
      showAgain: () => {
        window.requestAnimationFrame = real;
        for (const callback of waiting.splice(0)) callback(performance.now());
      },
    });
  });
  await answers.show("first and second", "streaming");
  await answers.show("first and second and third", "streaming");
  await expect(page.locator(".md").last()).toHaveText("first");
  await page.evaluate("showAgain()");
  await expect(page.locator(".md").last()).toHaveText("first and second and third");
});
