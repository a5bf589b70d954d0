import { expect } from "@playwright/test";
import { richAnswer } from "#renderer/gallery/scenes-markdown.ts";
import { test } from "../fixtures/markdown-test.ts";

test.beforeEach(({ answers }) => answers.open());

test("renders headings, lists, tasks, tables, quotations and footnotes", async ({ answers, page }) => {
  await answers.show(richAnswer);
  const answer = page.locator(".md").last();
  await expect(answer.getByRole("heading", { name: "Plan for Oslo" })).toBeVisible();
  await expect(answer.getByRole("checkbox", { name: "Done", exact: true })).toBeChecked();
  await expect(answer.getByRole("checkbox", { name: "Not done" })).not.toBeChecked();
  await expect(answer.locator("td")).toHaveText(["Bygdøy", "4", "museum", "Holmenkollen", "12", " view"]);
  await expect(answer.locator("td br")).toHaveCount(1);
  await expect(answer.locator("del")).toHaveText("hotel");
  await expect(answer.locator("blockquote")).toContainText("A quotation1");
  await expect(answer.locator(".md-footnote")).toContainText("And its footnote.");
});

test("U15: marks of lists and quotes stand on the side where their text begins", async ({
  answers,
  page,
}) => {
  await answers.show("- مرحبا\n  - داخل\n- left\n- [x] تم\n\n> اقتباس\n\n1. واحد\n\nأ[^n]\n\n[^n]: حاشية\n");
  const answer = page.locator(".md").last();
  for (const text of ["مرحبا", "داخل", "تم", "واحد"]) {
    const item = answer.locator("li").filter({ hasText: text }).last();
    await expect(item).toHaveCSS("direction", "rtl");
    await expect(item).toHaveCSS("margin-right", "22px");
  }
  await expect(answer.locator("li").filter({ hasText: "left" })).toHaveCSS("margin-left", "22px");
  await expect(answer.locator("blockquote")).toHaveCSS("border-right-width", "2px");
  await expect(answer.locator(".md-footnote")).toHaveCSS("direction", "rtl");
});

test("sets formulas as MathML, and leaves money alone", async ({ answers, page }) => {
  await answers.show(richAnswer);
  await expect(page.locator("math")).toHaveCount(3);
  await expect(page.locator("math[display=block] mfrac")).toBeVisible();
  await expect(page.locator("math msqrt")).toBeVisible();
  await expect(page.getByText("The price is $5 or $10;")).toBeVisible();
});

test("shows the source of a formula that is wrong or hostile", async ({ answers, page }) => {
  const bomb = "$\\def\\a{\\a\\a}\\a$";
  const html = "$\\href{javascript:alert(1)}{x}$ $\\htmlStyle{position:fixed}{y}$";
  await answers.show(`$\\frac{$\n\n${bomb}\n\n${html}\n\n$${"{".repeat(1_500)}x${"}".repeat(1_500)}$ end`);
  await expect(page.getByText("\\def\\a{\\a\\a}\\a")).toBeVisible();
  await expect(page.locator(".md a, .md [style], .md [href]")).toHaveCount(0);
});

test("colours code in a worker, under the content policy", async ({ answers, page }) => {
  await answers.show(richAnswer);
  await expect(page.locator("pre[data-highlighted=true]")).toBeVisible();
  await expect(page.locator(".md-keyword").first()).toHaveText("export");
  await expect(page.locator(".md-comment").first()).toHaveText("// how far it is");
  await expect(page.locator("math").first()).toBeVisible();
  expect(page.workers().some((worker) => worker.url().includes("highlight-worker"))).toBe(true);
  expect(await answers.violations()).toEqual([]);
});

test("copies exactly the code of a block, and says so", async ({ answers, page }) => {
  const code = "a <b>\n\n\tc && d\n  `e`  ";
  await answers.show(`~~~ts\n${code}\n~~~`);
  const copy = page.locator(".md-code").getByRole("button", { name: "Copy code" });
  await copy.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator(".md-code [aria-live=polite]")).toHaveText("Copied");
  await expect.poll(() => answers.calls("copyText")).toEqual([{ text: code }]);
});

test("a selection across blocks copies as sensible text", async ({ answers, page }) => {
  await answers.show("one **two**\n\n- three\n- four\n\n```\nfive\n  six\n```\n");
  await expect(page.getByText("six")).toBeVisible();
  const text = await page.evaluate(() => {
    const answer = [...document.querySelectorAll(".md")].at(-1);
    if (answer !== undefined) getSelection()?.selectAllChildren(answer);
    return getSelection()?.toString() ?? "";
  });
  expect(text.replace(/\n+/g, "\n").trim().split("\n")).toEqual([
    "one two",
    "three",
    "four",
    "five",
    "  six",
  ]);
});

test("opens links outside, by mouse and by keyboard", async ({ answers, page, context }) => {
  const open = context.pages().length;
  await answers.show("HTTPS://Example.org/a <mailto:me@example.org> www.example.net");
  await page.getByRole("link", { name: "HTTPS://Example.org/a" }).click();
  await page.getByRole("link", { name: "me@example.org" }).press("Enter");
  await page.getByRole("link", { name: "www.example.net" }).click({ button: "middle" });
  await expect
    .poll(() => answers.calls("openExternal"))
    .toEqual([
      { url: "https://example.org/a" },
      { url: "mailto:me@example.org" },
      { url: "https://www.example.net/" },
    ]);
  expect(context.pages()).toHaveLength(open);
});

test("shows an http address, which Pipit does not open, as text", async ({ answers, page }) => {
  await answers.show("See [the site](http://old.example/a) and http://older.example/b now.");
  const text = "See the site (http://old.example/a) and http://older.example/b now.";
  await expect(page.locator(".md").last()).toHaveText(text);
  await expect(page.locator(".md a")).toHaveCount(0);
});

test("says so when a link could not be opened", async ({ answers, page, gallery }) => {
  await gallery.script((bridge) => {
    bridge.answers.openExternal = () => Promise.reject(new Error("no"));
  });
  await answers.show("https://example.org");
  await page.getByRole("link", { name: "https://example.org" }).click();
  await expect(page.getByRole("alert")).toHaveText("This link could not be opened.");
});

test("code that is still coming is coloured line by line, and those lines are left alone", async ({
  answers,
  page,
}) => {
  await answers.show("Look:\n\n```ts\nconst a", "streaming");
  const block = page.locator(".md-code pre");
  await expect(block).toHaveText("const a");
  await expect(block.locator(".md-keyword")).toHaveCount(0);
  await answers.show("Look:\n\n```ts\nconst a = 1;\nconst b", "streaming");
  const first = block.locator(".md-keyword").first();
  await expect(first).toHaveText("const");
  await expect(block.locator(".md-keyword")).toHaveCount(1);
  await expect(block).toHaveText("const a = 1;\nconst b");
  await first.evaluate((element) => element.setAttribute("data-same", "yes"));
  await answers.show("Look:\n\n```ts\nconst a = 1;\nconst b = 2;\n``", "streaming");
  await expect(block.locator(".md-keyword")).toHaveCount(2);
  await expect(block).toHaveAttribute("data-highlighted", "false");
  await answers.show("Look:\n\n```ts\nconst a = 1;\nconst b = 2;\n```\n\nDone.", "streaming");
  await expect(block).toHaveAttribute("data-highlighted", "true");
  await expect(first).toHaveAttribute("data-same", "yes");
});

test("marks that are half written do not flash up", async ({ answers, page }) => {
  const answer = page.locator(".md").last();
  for (const [source, shown, selector] of [
    ["This is **bo", "This is bo", "strong"],
    ["This is **bold te*", "This is bold te", "strong"],
    ["This is `co", "This is co", "code"],
    ["See [the no", "See the no", "p"],
    ["See [the notes](https://exa", "See the notes", "p"],
    ["Now ~~go", "Now go", "del"],
  ] as const) {
    await answers.show(source, "streaming");
    await expect(answer).toHaveText(shown);
    await expect(answer.locator(selector)).toBeVisible();
  }
});

test("a table appears with its head, and shows no marks", async ({ answers, page }) => {
  await answers.show("| a | b", "streaming");
  await expect(page.locator(".md th")).toHaveText(["a", "b"]);
  await expect(page.locator(".md").last()).not.toContainText("|");
  await answers.show("| a | b |\n| - | - |\n| 1 |", "streaming");
  await expect(page.locator(".md th")).toHaveText(["a", "b"]);
  await expect(page.locator(".md td").first()).toHaveText("1");
});

test("an answer that is replaced starts anew", async ({ answers, page }) => {
  await answers.show("# Old\n\n- list\n\ntext", "streaming");
  await expect(page.getByRole("heading", { name: "Old" })).toBeVisible();
  await answers.show("New **text**", "streaming");
  await expect(page.locator(".md").last()).toHaveText("New text");
});

test("a reference that is defined later becomes a link when the answer ends", async ({ answers, page }) => {
  const text = "See [the docs][d].\n\nMore.\n\n[d]: https://example.org/docs\n";
  await answers.show(text, "streaming");
  await expect(page.getByText("More.")).toBeVisible();
  await answers.show(text, "done");
  await expect(page.getByRole("link", { name: "the docs" })).toHaveAttribute("title", "Opens example.org");
});

test("sealed blocks keep their elements while the answer grows", async ({ answers, page }) => {
  await answers.show("# Kept\n\nfirst\n\nsecond", "streaming");
  const heading = page.getByRole("heading", { name: "Kept" });
  await heading.evaluate((element) => element.setAttribute("data-same", "yes"));
  await page.evaluate(() => {
    const sealed = document.querySelector(".md h3")?.parentElement;
    const observer = new MutationObserver((records) => {
      for (const { target } of records) {
        const block = target.nodeType === 1 ? (target as Element) : target.parentElement;
        if (block?.closest("h3, p:nth-child(2)") !== null) window.violations.push("A sealed block changed.");
      }
    });
    if (sealed)
      observer.observe(sealed, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  for (let count = 1; count <= 20; count += 1) {
    await answers.show(`# Kept\n\nfirst\n\nsecond\n\n${"more\n\n".repeat(count * 5)}end`, "streaming");
  }
  await answers.show(`# Kept\n\nfirst\n\nsecond\n\n${"more\n\n".repeat(100)}end`, "done");
  await expect(page.getByText("end", { exact: true })).toBeAttached();
  await expect(page.locator(".md h3").first()).toHaveAttribute("data-same", "yes");
  expect(await answers.violations()).toEqual([]);
});

test("speaks Russian", async ({ answers, page, gallery }) => {
  await gallery.open("markdown", { language: "ru" });
  await expect(page.locator(".md-code").getByRole("button", { name: "Скопировать код" })).toBeVisible();
  expect(await answers.violations()).toEqual([]);
});
