import { expect } from "@playwright/test";
import { makeDocx, makePdf } from "#engine/testing/make-documents.ts";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { sized } from "#tests/testing/test-size.ts";
import { sharedServerTest as test, signIn } from "../fixtures/web-test.ts";
import { fits } from "../pages/texts.ts";

test("an answer streams, and is there as a whole at its end", async ({ chat, model }) => {
  const held = gate();
  model.script(stream(say("The first half, "), held.step, say("the second half.")));
  await chat.ask("Tell me in two halves");
  await expect(chat.question("Tell me in two halves")).toBeVisible();
  await expect(chat.answers).toContainText("The first half,");
  await expect(chat.stopButton).toBeVisible();
  await expect(chat.answers).not.toContainText("second");
  held.open();
  await expect(chat.answers).toContainText("The first half, the second half.");
  await expect(chat.stopButton).toBeHidden();
  await expect(chat.composer).toHaveValue("");
});

test("stop ends the answer at the model, and what came stays", async ({ chat, model }) => {
  model.script(stream(say("Counting: one, two,"), { kind: "hang" }));
  await chat.ask("Count to a million");
  await expect(chat.answers).toContainText("one, two");
  await chat.stopButton.click();
  const request = await model.request(0);
  expect(await request.over).toBe("aborted");
  await expect(chat.answers).toContainText("one, two");
  await expect(chat.answers).toContainText(chat.texts.chat.stopped);
});

test("U8: an answer that broke off has one mark, also after a reload, and can be had again", async ({
  chat,
  model,
  page,
}) => {
  const { answerFailed, notSent, retry } = chat.texts.chat;
  const broke = fits(answerFailed);
  const marks = page.getByText(broke).or(page.getByText(fits(notSent)));
  const breaks = stream(say("Half of it"), { kind: "error", message: "overloaded" });
  model.script(breaks);
  await chat.ask("Tell me a story");
  await expect(marks).toHaveCount(1);
  await expect(chat.answer("Half of it").getByText(broke)).toBeVisible();

  await page.reload();
  await chat.reachComposer();
  await expect(chat.answer("Half of it").getByText(broke)).toBeVisible();
  await expect(marks).toHaveCount(1);

  model.script(stream(say("All of it.")));
  await page.getByRole("button", { name: retry, exact: true }).click();
  await expect(chat.answer("All of it.")).toBeVisible();
  await expect(marks).toHaveCount(0);
  await expect(chat.questions).toHaveCount(1);
});

test("an answer can be had again, and replaces the old one", async ({ chat, model }) => {
  model.script([stream(say("The old answer.")), stream(say("The new answer."))]);
  await chat.ask("What is new?");
  await expect(chat.answers).toContainText("The old answer.");
  await chat.act(chat.answers.last(), "regenerate");
  await expect(chat.answer("The new answer.")).toBeVisible();
  await expect(chat.answer("The old answer.")).toHaveCount(0);
  await expect(chat.questions).toHaveCount(1);
});

test("a changed question is asked anew in its place", async ({ chat, model }) => {
  await chat.ask("What is 2 + 2?");
  await expect(chat.answers).toContainText("Hello from Pipit.");
  model.script(stream(say("Six.")));
  await chat.editQuestion(chat.question("2 + 2"), "What is 3 + 3?");
  await expect(chat.answer("Six.")).toBeVisible();
  await expect(chat.question("3 + 3")).toBeVisible();
  await expect(chat.question("2 + 2")).toHaveCount(0);
  expect(model.requests.at(-1)?.prompt).toContain("What is 3 + 3?");
});

test("a question and its answer can be deleted", async ({ chat }) => {
  await chat.ask("Forget this");
  await expect(chat.answers).toContainText("Hello from Pipit.");
  await chat.act(chat.question("Forget this"), "delete");
  await expect(chat.questions).toHaveCount(0);
  await expect(chat.answers).toHaveCount(0);
});

test("a pasted picture is shown before it is sent, and reaches the model", async ({ chat, model, page }) => {
  await chat.composer.focus();
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(64, 48);
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("There is no 2D context.");
    context.fillStyle = "teal";
    context.fillRect(0, 0, 64, 48);
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([await canvas.convertToBlob()], "bird.png", { type: "image/png" }));
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(paste);
  });
  await expect(chat.removePictureButton).toBeVisible();
  await chat.ask("What is in this picture?");
  await expect(chat.answers).toContainText("Hello from Pipit.");
  const request = await model.request(0);
  expect(request.images).toHaveLength(1);
  expect(request.images[0]?.byteLength).toBeGreaterThan(50);
  await expect(chat.removePictureButton).toBeHidden();
});

test("files reach the model as data, are there with what was read after a reload, and go with another answer", async ({
  chat,
  model,
  page,
}) => {
  model.script([stream(say("About fish.")), stream(say("About fish again."))]);
  await page.locator("input[type=file]").setInputFiles([
    { name: "fish.pdf", mimeType: "application/pdf", buffer: Buffer.from(makePdf(["Fish swim."])) },
    { name: "birds.docx", mimeType: "", buffer: Buffer.from(makeDocx(["Birds fly."])) },
  ]);
  const pdf = page.getByRole("button", { name: /^fish\.pdf/u });
  await chat.ask("What is in these?");
  await expect(chat.answer("About fish.")).toBeVisible();
  await expect(pdf).toBeVisible();
  await expect(chat.stopButton).toBeHidden();

  await page.reload();
  await chat.reachComposer();
  await chat.openChats();
  await page
    .getByRole("dialog")
    .getByRole("link", { name: /What is in these/u })
    .click();
  await pdf.click();
  await expect(page.getByRole("region", { name: fits(chat.texts.chat.fileText) })).toHaveText("Fish swim.");
  await chat.act(chat.answers.last(), "regenerate");
  await expect(chat.answer("About fish again.")).toBeVisible();
  expect(model.requests).toHaveLength(2);
  for (const { messages } of model.requests) {
    expect(JSON.stringify(messages.at(-1)?.content)).toMatch(
      /fish\.pdf[^]*Fish swim\.[^]*birds\.docx[^]*Birds fly\.[^]*What is in these\?"$/u,
    );
  }
});

test("hostile markdown is text: no script, no foreign picture, no dangerous link", async ({
  chat,
  model,
  page,
}) => {
  model.script(
    stream(
      say(
        "Before <script>window.hacked = 1</script> <img src=x onerror='window.hacked = 1'>\n\n",
        "[a link](javascript:window.hacked=1) ![pic](https://evil.example/pixel.png)\n\n",
        "<iframe src='https://evil.example/'></iframe>\n\n[fine](https://example.com/) After",
      ),
    ),
  );
  await chat.ask("Attack me");
  const answer = chat.answers.last();
  await expect(answer).toContainText("After");
  await expect(answer.locator("script, iframe, img, object, embed")).toHaveCount(0);
  await expect(answer.locator("a[href^='javascript' i], a[href^='data' i]")).toHaveCount(0);
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
});

/** A turn of 2 MB on the server, and the window with such an answer, have tests of their own in every run. */
const longAnswer = sized(256 * 1024, 2 * 1024 * 1024);

test("a long answer arrives, and the window still answers the keyboard", async ({ chat, model }) => {
  test.slow();
  const paragraph = `${"A quiet sentence about birds. ".repeat(68)}\n\n`;
  const count = Math.ceil(longAnswer / paragraph.length);
  model.script(stream(say(...Array.from({ length: count }, () => paragraph)), say("The very end.")));
  await chat.ask("Write a book");
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.stopButton).toBeHidden({ timeout: 150_000 });
  await expect(chat.answer("The very end.")).toHaveCount(1, { timeout: 150_000 });
  await chat.composer.fill("Still here?");
  await expect(chat.composer).toHaveValue("Still here?");
});

test("where a browser cannot take a picture of the screen, its button says so", async ({ page, server }) => {
  // As on phones, and on pages without TLS.
  await page.addInitScript(() => Reflect.deleteProperty(MediaDevices.prototype, "getDisplayMedia"));
  const chat = await signIn(page, server);
  const { screenshot, reasonBrowserCannot } = chat.texts.chat;
  const button = page.getByRole("button", { name: `${screenshot}. ${reasonBrowserCannot}`, exact: true });
  await expect(button).toBeDisabled();
});
