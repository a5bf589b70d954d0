import { expect, type Locator } from "@playwright/test";
import type { ChatPage } from "../fixtures/chat-page.ts";
import { test } from "../fixtures/chat-test.ts";

const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

test("the end stays in view while 300 tokens a second come", async ({ gallery, chat, page }) => {
  await gallery.open("chat-200");
  await chat.startStream(300);
  await expect.poll(() => chat.lastStreamed()).toBeGreaterThanOrEqual(300);
  const distances = await page.evaluate(async () => {
    const log = document.querySelector("[role=log]");
    const content = log?.firstElementChild;
    const seen: number[] = [];
    if (log === null || !content) return [Infinity];
    const { promise, resolve } = Promise.withResolvers<void>();
    // Told after the window's own observer, in the same frame: what is painted. A look between two frames may meet a token.
    const look = new ResizeObserver(() => {
      seen.push(log.scrollHeight - log.clientHeight - log.scrollTop);
      if (seen.length >= 60) resolve();
    });
    look.observe(content);
    await promise;
    look.disconnect();
    return seen;
  });
  await chat.stopStream();
  expect(Math.max(...distances)).toBeLessThanOrEqual(2);
  await expect(chat.jump).toBeHidden();
});

/** Marks the first paragraph that begins in view. Messages out of view come and go, so that no place in the list is one of them. */
async function holdTopmost(chat: ChatPage): Promise<Locator> {
  await chat.log.evaluate((log) => {
    const { top } = log.getBoundingClientRect();
    const inView = [...log.querySelectorAll("p")].find((each) => each.getBoundingClientRect().top >= top);
    inView?.setAttribute("data-held", "");
  });
  return chat.log.locator("[data-held]");
}

for (const way of ["wheel", "keys", "scrollbar"] as const) {
  test(`a reader who scrolls up by ${way} while text streams stays where they are`, async ({
    gallery,
    chat,
    page,
  }) => {
    await gallery.open("chat-200");
    await chat.startStream(300);
    await expect.poll(() => chat.lastStreamed()).toBeGreaterThanOrEqual(150);
    if (way === "wheel") {
      await chat.log.hover();
      await page.mouse.wheel(0, -1200);
    } else if (way === "keys") {
      await chat.log.focus();
      for (let press = 0; press < 4; press += 1) await page.keyboard.press("PageUp");
    } else {
      await chat.log.evaluate((element) => {
        element.scrollTop -= 1500;
      });
    }
    await expect(chat.jump).toBeVisible();
    await expect(page.getByRole("button", { name: "Jump to end, there is something new" })).toBeVisible();
    await chat.atRest();
    const held = await holdTopmost(chat);
    const before = await chat.topOf(held);
    const length = await page.evaluate(
      () => JSON.stringify(window.scripted.chat.getState().messages.at(-1)).length,
    );
    await expect
      .poll(() => page.evaluate(() => JSON.stringify(window.scripted.chat.getState().messages.at(-1)).length))
      .toBeGreaterThan(length + 1_500);
    expect(Math.abs((await chat.topOf(held)) - before)).toBeLessThanOrEqual(1);
    await chat.jump.click();
    await expect(chat.jump).toBeHidden();
    await expect.poll(() => chat.distanceToEnd()).toBeLessThanOrEqual(2);
    await chat.stopStream();
  });
}

test("sending goes to the end from anywhere", async ({ gallery, chat, page }) => {
  await gallery.open("chat-200");
  await chat.log.hover();
  await page.mouse.wheel(0, -3000);
  await expect(chat.jump).toBeVisible();
  await chat.composer.fill("New question");
  await chat.composer.press("Enter");
  await expect(chat.jump).toBeHidden();
  await expect.poll(() => chat.distanceToEnd()).toBeLessThanOrEqual(2);
});

/** Goes up to an answer in the middle of the chat; resolves to it, and where it stands. */
async function readFurtherUp(chat: ChatPage) {
  const { page } = chat;
  await chat.log.hover();
  await page.mouse.wheel(0, -3000);
  await expect(chat.jump).toBeVisible();
  await chat.atRest();
  const held = page
    .getByRole("article")
    .filter({ hasText: /^Answer number/u })
    .nth(2);
  const text = await held.locator("p").first().innerText();
  const same = page.getByRole("article").filter({ hasText: text });
  return { same, before: await chat.topOf(same) };
}

test("messages that leave at the start do not move what is being read", async ({ gallery, chat, page }) => {
  await gallery.open("chat-200");
  const { same, before } = await readFurtherUp(chat);
  await gallery.script((bridge) => {
    bridge.chat.setState(({ messages }) => {
      const last = messages.at(-1);
      return {
        messages: last === undefined ? messages : [...messages.slice(4), { ...last, id: "new" }],
      };
    });
  });
  await page.evaluate(frame);
  await expect.poll(async () => Math.abs((await chat.topOf(same)) - before)).toBeLessThanOrEqual(1);
  await chat.startStream(200);
  await expect
    .poll(() => page.evaluate(() => JSON.stringify(window.scripted.chat.getState().messages.at(-1)).length))
    .toBeGreaterThan(3_000);
  await chat.stopStream();
  expect(Math.abs((await chat.topOf(same)) - before)).toBeLessThanOrEqual(1);
});

test("an answer that grows while messages leave at the start does not move what is being read", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("chat-200");
  const { same, before } = await readFurtherUp(chat);
  await gallery.script((bridge) => {
    bridge.chat.setState(({ messages }) => ({
      messages: messages
        .slice(4)
        .map((message, index, kept) =>
          index === kept.length - 1 && message.role === "assistant"
            ? { ...message, parts: [{ kind: "text", text: "It grows.\n\n".repeat(10) }] }
            : message,
        ),
    }));
  });
  await expect(page.getByText("It grows.").first()).toBeAttached();
  await chat.atRest();
  expect(Math.abs((await chat.topOf(same)) - before)).toBeLessThanOrEqual(1);
});

test("10,000 messages open at their end and scroll from end to end by keys", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("chat-long");
  await expect(chat.message("Answer number 9999")).toBeVisible();
  // It is in the page before its true height is.
  await expect.poll(() => chat.distanceToEnd()).toBeLessThanOrEqual(2);
  expect(await page.getByRole("article").count()).toBeLessThan(60);
  await chat.log.focus();
  await page.keyboard.press("Home");
  await expect(chat.message("Question number 0")).toBeInViewport();
  await page.keyboard.press("PageDown");
  await expect(chat.message("Question number 0")).not.toBeInViewport();
  await page.keyboard.press("End");
  await expect(chat.message("Answer number 9999")).toBeInViewport();
  await chat.composer.focus();
  await page.keyboard.press("PageUp");
  await expect(chat.jump).toBeVisible();
});

test("another chat opens at its end", async ({ gallery, chat, page }) => {
  await gallery.open("chat-200");
  await chat.log.hover();
  await page.mouse.wheel(0, -3000);
  await expect(chat.jump).toBeVisible();
  await gallery.script((bridge) => {
    bridge.chat.setState(({ messages }) => ({
      messages: messages.map((message, index) => ({ ...message, id: `other${index}` })),
    }));
  });
  await expect(chat.jump).toBeHidden();
  await expect.poll(() => chat.distanceToEnd()).toBeLessThanOrEqual(2);
});

test("an answer of 2 MB stays usable", async ({ gallery, chat, page }) => {
  await gallery.open("conversation");
  await gallery.script((bridge) => {
    const text = "A paragraph of an answer that does not want to end.\n\n".repeat(40_000);
    bridge.chat.setState(({ messages }) => ({
      messages: messages.map((message) =>
        message.role === "assistant" ? { ...message, parts: [{ kind: "text" as const, text }] } : message,
      ),
    }));
  });
  await expect(page.getByText("A paragraph of an answer").first()).toBeAttached({ timeout: 30_000 });
  await chat.composer.fill("Still here?");
  await expect(chat.composer).toHaveValue("Still here?");
  await chat.composer.press("Enter");
  await expect.poll(() => chat.callsOf("send")).toEqual([{ text: "Still here?" }]);
});

test("what can be clicked stays so while text streams", async ({ gallery, chat, page }) => {
  await gallery.open("chat-200");
  await chat.startStream(300);
  await expect.poll(() => chat.lastStreamed()).toBeGreaterThanOrEqual(60);
  const pointer = await page
    .getByRole("article")
    .last()
    .evaluate((element) => getComputedStyle(element).pointerEvents);
  await chat.stopStream();
  expect(pointer).toBe("auto");
});
