import { crc32, deflateSync } from "node:zlib";
import { expect, type Page } from "@playwright/test";
import { test } from "../fixtures/chat-test.ts";
import { file, give } from "../fixtures/give-files.ts";
import { longestTaskMs } from "../fixtures/markdown-test.ts";

/** A real PNG of one colour; `extraBytes` of a private chunk make it as heavy as wanted. */
function png(widthPx: number, heightPx: number, extraBytes = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...(extraBytes === 0 ? [] : [chunk("prVt", Buffer.alloc(extraBytes))]),
    chunk("IDAT", deflateSync(Buffer.alloc((widthPx + 1) * heightPx, 0), { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(name, "ascii"), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** What was sent with the last message. */
function sentImage(page: Page) {
  return page.evaluate(() => {
    const input = window.scripted.calls.findLast(({ name }) => name === "send")?.input as
      | {
          readonly image?: {
            readonly bytes: Uint8Array;
            readonly widthPx: number;
            readonly heightPx: number;
          };
        }
      | undefined;
    const image = input?.image;
    return (
      image && {
        widthPx: image.widthPx,
        heightPx: image.heightPx,
        first: Array.from(image.bytes.slice(0, 4)),
      }
    );
  });
}

test("a pasted picture is shown, can be taken out, and goes with the message", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await give(page, "paste", [file("a.png", png(320, 200))]);
  const preview = page.getByRole("img", { name: "Picture, 320 by 200 pixels" });
  await expect(preview).toBeVisible();
  await chat.button("Remove the picture").click();
  await expect(preview).toBeHidden();
  await give(page, "paste", [file("a.png", png(320, 200))]);
  await expect(preview).toBeVisible();
  await chat.composer.fill("What is this?");
  await chat.composer.press("Enter");
  await expect(preview).toBeHidden();
  expect(await sentImage(page)).toEqual({ widthPx: 320, heightPx: 200, first: [0x89, 0x50, 0x4e, 0x47] });
});

test("a dropped picture that is too large is scaled, and of several the first is taken", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await give(page, "drop", [file("a.png", png(3136, 1000)), file("b.png", png(10, 10))]);
  await expect(page.getByRole("img", { name: "Picture, 1568 by 500 pixels" })).toBeVisible();
  await expect(page.getByText("One picture per message")).toBeVisible();
  await chat.composer.fill("What is this?");
  await chat.composer.press("Enter");
  await expect.poll(() => sentImage(page)).toMatchObject({ widthPx: 1568, heightPx: 500 });
});

test("F16 a file copied in a file manager is a picture, and one that is none says so", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await give(page, "paste", [file("cat.png", png(320, 200))], { "text/plain": "cat.png" });
  await expect(page.getByRole("img", { name: "Picture, 320 by 200 pixels" })).toBeVisible();
  await give(page, "paste", [file("image.png", png(64, 32))], { "text/plain": "", "text/html": "<img>" });
  await expect(page.getByRole("img", { name: "Picture, 64 by 32 pixels" })).toBeVisible();
  await give(page, "paste", [file("a.txt", "x", "text/plain"), file("b.png", png(16, 8))], {
    "text/plain": "a.txt\rb.png",
  });
  await expect(page.getByRole("img", { name: "Picture, 16 by 8 pixels" })).toBeVisible();
  await give(page, "paste", [file("a.png", "x")], { "text/plain": "a.png" });
  await expect(page.getByRole("alert")).toContainText("“a.png” is not a picture");
  await expect(chat.composer).toHaveValue("");
});

test("F16 text copied with a picture of itself is text", async ({ gallery, page }) => {
  await gallery.open("empty");
  await give(page, "paste", [file("image.png", png(320, 200))], {
    "text/plain": "Name\tAmount",
    "text/html": "<table>",
  });
  await expect(page.getByText("Preparing the picture")).toBeHidden();
  await expect(page.getByRole("img", { name: /^Picture/u })).toBeHidden();
});

test("a veil shows where a held file would go", async ({ gallery, page }) => {
  await gallery.open("empty");
  const hold = (name: string) =>
    page.evaluate((event) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["x"], "a.png"));
      document
        .querySelector("textarea")
        ?.dispatchEvent(new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, name);
  await hold("dragenter");
  await expect(page.getByText("Drop files or a picture here")).toBeVisible();
  await hold("dragleave");
  await expect(page.getByText("Drop files or a picture here")).toBeHidden();
});

test("F16 a file dropped where nothing takes one does not replace the page", async ({ gallery, page }) => {
  await gallery.open("settings");
  const isKept = await page.getByRole("region", { name: "Settings" }).evaluate((element) =>
    ["dragover", "drop"].map((name) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["x"], "a.png"));
      const event = new DragEvent(name, { dataTransfer: transfer, bubbles: true, cancelable: true });
      return !element.dispatchEvent(event);
    }),
  );
  expect(isKept).toEqual([true, true]);
});

test("other files are refused by name, and the text stays", async ({ gallery, chat, page }) => {
  await gallery.open("empty");
  await chat.composer.fill("Look at this");
  await give(page, "paste", [file("cat.gif", "GIF89a.............", "image/gif")]);
  await expect(page.getByRole("alert")).toContainText("“cat.gif” is GIF. Pictures can be JPEG, PNG or WebP.");
  await give(page, "drop", [file("broken.png", png(20, 20).subarray(0, 60))]);
  await expect(page.getByRole("alert")).toContainText("“broken.png” cannot be read as a picture");
  await expect(chat.composer).toHaveValue("Look at this");
});

test("a picture of 50 MB is scaled while the page stays awake", async ({ gallery, chat, page }, info) => {
  const path = info.outputPath("heavy.png");
  await import("node:fs/promises").then(({ writeFile }) =>
    writeFile(path, png(6000, 5000, 50 * 1024 * 1024)),
  );
  await gallery.open("empty");
  const worker = page.waitForEvent("worker");
  const startedMs = performance.now();
  const longestMs = await longestTaskMs(page, async () => {
    await page.locator("input[type=file]").setInputFiles(path);
    await expect(page.getByRole("img", { name: "Picture, 1568 by 1307 pixels" })).toBeVisible({
      timeout: 30_000,
    });
  });
  expect((await worker).url()).toContain("scale-worker");
  // On a busy machine all takes longer: to scale it in the page would take most of that.
  expect(longestMs).toBeLessThan(Math.max(200, (performance.now() - startedMs) / 10));
  await chat.button("Remove the picture").click();
});

test("a file over 64 MB is refused with its size and the limit", async ({ gallery, page }, info) => {
  const path = info.outputPath("huge.png");
  await import("node:fs/promises").then(({ writeFile }) => writeFile(path, png(100, 100, 65 * 1024 * 1024)));
  await gallery.open("empty");
  await page.locator("input[type=file]").setInputFiles(path);
  await expect(page.getByRole("alert")).toContainText("has 65 MB; the limit is 64 MB");
});

test("the screen's picture comes by its button, or from the host, and can be taken out", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("empty");
  await gallery.script((bridge) => {
    bridge.answers.captureScreen = () => ({ bytes: new Uint8Array([1]), widthPx: 640, heightPx: 400 });
  });
  await chat.button("Add a picture of the screen").click();
  await chat.button("The screen").click();
  await expect(page.getByText("640 × 400")).toBeVisible();
  await chat.button("Remove the picture").click();
  await gallery.script((bridge) =>
    bridge.intend({ kind: "attach", image: { bytes: new Uint8Array([1]), widthPx: 800, heightPx: 600 } }),
  );
  await expect(page.getByText("800 × 600")).toBeVisible();
  // What was dropped on the tray goes the way of what is dropped on the window.
  await gallery.script((bridge) =>
    bridge.intend({
      kind: "files",
      files: [{ name: "note.txt", bytes: new TextEncoder().encode("a note") }],
    }),
  );
  await expect(page.getByText("note.txt")).toBeVisible();
});

test("the screen's button says why it cannot, and is gone when the person wants none", async ({
  gallery,
  page,
}) => {
  await gallery.open("chat-no-screen");
  await expect(
    page.getByRole("button", { name: /picture of the screen\. A page in a browser cannot/u }),
  ).toBeVisible();
  await gallery.open("chat-never-screen");
  await expect(page.getByRole("button", { name: /picture of the screen/u })).toBeHidden();
});
