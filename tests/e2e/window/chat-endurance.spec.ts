import { expect } from "@playwright/test";
import { sized } from "#tests/testing/test-size.ts";
import { test } from "../fixtures/chat-test.ts";
import { contextOfItsOwn } from "../fixtures/window-test.ts";

// A trace keeps a copy of every state of the page, and is what would be measured.
test.use({ trace: "off", context: contextOfItsOwn });

/** What half a minute, or in the nightly run five minutes, bring at 300 a second. */
const tokens = sized(9_000, 90_000);

test("as many tokens as minutes at 300 a second bring leave the window quick and its memory small", async ({
  gallery,
  chat,
  page,
}) => {
  test.setTimeout(180_000);
  await gallery.open("chat-days");
  const session = await page.context().newCDPSession(page);
  const heapMb = async (): Promise<number> => {
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    return usedSize / 1_000_000;
  };
  const before = await heapMb();
  // Ten times as fast.
  await chat.startStream(3_000, tokens);
  await chat.composer.pressSequentially("typed meanwhile", { delay: 50 });
  await expect(chat.composer).toHaveValue("typed meanwhile");
  await expect(chat.streamed(tokens - 2)).toBeAttached({ timeout: 120_000 });
  await chat.stopStream();
  // Between two frames the end may stand where it was before the last word.
  await expect.poll(() => chat.distanceToEnd()).toBeLessThan(2);
  // The text itself is under a megabyte.
  expect((await heapMb()) - before).toBeLessThan(60);
  await chat.composer.pressSequentially("!");
  await expect(chat.composer).toHaveValue("typed meanwhile!");
});
