import { writeFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { makeDocx, makePdf } from "#engine/testing/make-documents.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/chat-test.ts";
import { file, give } from "../fixtures/give-files.ts";
import { longestTaskMs } from "../fixtures/markdown-test.ts";

/** The files of the last message. */
function sentFiles(page: Page) {
  return page.evaluate(() => {
    const input = window.scripted.calls.findLast(({ name }) => name === "send")?.input;
    return (input as { readonly files: readonly unknown[] } | undefined)?.files;
  });
}

const chips = (page: Page) => page.getByRole("list", { name: "Files" }).getByRole("listitem");
const page100 = "Fish swim in the sea, and some of them in rivers. ".repeat(36);

test("files of every kind are read, shown, taken out, and go with the message; what cannot be read says why", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await page.locator("input[type=file]").setInputFiles([
    { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# Fish\r\n") },
    { name: "a.docx", mimeType: "", buffer: Buffer.from(makeDocx(["Birds"])) },
  ]);
  await give(page, "drop", [file("b.pdf", Buffer.from(makePdf(["One", "Two"])), "application/pdf")]);
  await give(page, "paste", [file("c.pdf", Buffer.from(makePdf(["x"], { locked: true })), "")], {
    "text/plain": "c.pdf",
  });
  await expect(chips(page)).toHaveCount(4);
  await expect(chips(page).filter({ hasText: "b.pdf" })).toContainText("2 pages, 1 KB");
  await expect(chips(page).filter({ hasText: "c.pdf" })).toContainText(
    "This file is protected by a password. Save a copy without one, and attach that.",
  );
  await expect(page.getByText("Reading", { exact: true })).toHaveCount(0);
  expect(await axeViolations(page)).toEqual([]);
  // With the keyboard alone.
  await chat.button("Remove a.docx").focus();
  await page.keyboard.press("Enter");
  await expect(chips(page)).toHaveCount(3);
  await expect(chat.composer).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("Write a question first.");
  await chat.composer.fill("What is in these?");
  await page.keyboard.press("Enter");
  await expect(chips(page)).toHaveCount(0);
  const common = { cut: false, sizeBytes: expect.any(Number) };
  expect(await sentFiles(page)).toEqual([
    { ...common, name: "notes.md", mediaType: "text/plain", text: "# Fish\n" },
    { ...common, name: "b.pdf", mediaType: "application/pdf", pages: 2, text: "One\n\nTwo" },
  ]);
});

test("more files than a message takes are refused by number, and a name says no more than it is", async ({
  gallery,
  page,
}) => {
  await gallery.open("empty");
  const eleven = Array.from({ length: 11 }, (_, index) => file(`${index}\u202Etxt.exe`, "x", "text/plain"));
  await give(page, "drop", eleven);
  await expect(page.getByRole("alert")).toContainText(
    "too many files for one message. Send at most 10 at once.",
  );
  await expect(chips(page)).toHaveCount(10);
  await expect(chips(page).first()).toContainText("0txt.exe");
});

test("a PDF of 100 pages is read while the window stays awake, and Enter meanwhile waits for it", async ({
  gallery,
  chat,
  page,
}, info) => {
  const path = info.outputPath("long.pdf");
  await writeFile(path, makePdf(Array.from({ length: 100 }, () => page100)));
  await gallery.open("empty");
  await chat.composer.fill("What is this about?");
  const worker = page.waitForEvent("worker");
  const longestMs = await longestTaskMs(page, async () => {
    await page.locator("input[type=file]").setInputFiles(path);
    await chat.composer.press("Enter");
    await expect.poll(() => sentFiles(page)).toMatchObject([{ name: "long.pdf", pages: 100 }]);
  });
  expect((await worker).url()).toContain("file-worker");
  expect(longestMs).toBeLessThan(200);
});

test("the files of a question are chips that show what Pipit has read", async ({ gallery, page }) => {
  await gallery.open("chat-files");
  const chip = page.getByRole("button", { name: /^Annual report\.pdf/u });
  await expect(chip).toContainText("130 pages, 2.2 MB, read up to character 200,000");
  await chip.press("Enter");
  const text = page.getByRole("region", { name: "What Pipit has read of Annual report.pdf" });
  await expect(text).toHaveText("The text of Annual report.pdf");
  expect(await axeViolations(page)).toEqual([]);
  await chip.press("Enter");
  await expect(text).toBeHidden();
});
