import type { Page } from "@playwright/test";
import { startGallery, type Gallery } from "./lib/browser.ts";
import type { PageTimes } from "./lib/browser-probe.ts";
import { showBareList } from "./lib/bare-list.ts";
import { countMainThreadMs } from "./lib/main-thread.ts";
import { framesPerSecond, longestTaskMs } from "./lib/page-times.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median } from "./lib/statistics.ts";

const rounds = { warmups: 1, measured: 5 };
const viewport = { width: 1280, height: 800 };
const chatCount = 10_000;
/** A screen in each frame: faster than a hand drags, and another 100 chats are asked for in every fifth. */
const pxPerFrame = 720;
const baselineName = "a bare virtual list of these titles";

interface ScrollTimes extends PageTimes {
  readonly mainThreadMs: number;
}

/**
 * The list of 10,000 chats beside the conversation: how long it takes to appear, and its frames while it is scrolled from
 * its beginning to its end and read by hundreds on the way; beside a list of the same titles that does nothing else.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using gallery = await startGallery();
  const opened = await interleave(
    [
      { name: "ours", measure: () => openMs(gallery, showSidebar) },
      { name: "bare", measure: () => openMs(gallery, (page) => page.evaluate(showBareList, chatCount)) },
    ],
    rounds,
    signal,
  );
  const scrolled = await interleave<ScrollTimes>(
    [
      { name: "ours", measure: () => scroll(gallery, "search [data-chat-row]") },
      { name: "bare", measure: () => scroll(gallery, "#bare-list button") },
    ],
    { warmups: 0, measured: 3 },
    signal,
  );
  const openOf = (name: string) => median(opened.get(name) ?? []);
  const figure = (of: (times: ScrollTimes) => number) => {
    const middle = (name: string) => median((scrolled.get(name) ?? []).map(of));
    return { value: middle("ours"), baseline: middle("bare"), baselineName };
  };
  return [
    toResult({
      name: "sidebar.open",
      unit: "ms",
      value: openOf("ours"),
      baseline: openOf("bare"),
      baselineName,
      goal: { of: "value", atMost: 100 },
    }),
    toResult({
      name: "sidebar.scroll.fps",
      unit: "frames/s",
      ...figure(framesPerSecond),
      goal: { of: "value", atLeast: 58 },
    }),
    toResult({ name: "sidebar.scroll.longest-task", unit: "ms", ...figure(longestTaskMs) }),
    toResult({ name: "sidebar.scroll.main-thread", unit: "ms", ...figure((times) => times.mainThreadMs) }),
  ];
}

/** Runs `show` in a window without the list; resolves to the time until it is drawn, by the page's clock. */
async function openMs(gallery: Gallery, show: (page: Page) => Promise<number>): Promise<number> {
  const page = await openWide(gallery);
  const tookMs = await show(page);
  await page.close();
  return tookMs;
}

/** All chats come in one answer, which is more than a server gives. */
function showSidebar(page: Page): Promise<number> {
  return page.evaluate(async (count) => {
    const { answers, commands } = window.scripted;
    const nowMs = Date.now();
    const chats = Array.from({ length: count }, (_, at) => {
      const atMs = nowMs - at * 3_600_000;
      const rest = { createdAtMs: atMs, updatedAtMs: atMs, pinned: false, archived: false };
      return { id: `c${at}`, title: `Chat ${at}`, ...rest };
    });
    answers.listChats = () => ({ chats });
    const startedMs = performance.now();
    void commands.updateSettings({ sidebar: true });
    while (document.querySelector("[data-chat-row]") === null) await new Promise(requestAnimationFrame);
    await new Promise((resolve) => setTimeout(resolve));
    return performance.now() - startedMs;
  }, chatCount);
}

async function openWide(gallery: Gallery): Promise<Page> {
  const page = await gallery.open("scene=chats-many");
  await page.evaluate(() => window.scripted.commands.updateSettings({ sidebar: false }));
  await page.setViewportSize(viewport);
  return page;
}

/** From the first chat to the last; `rowSelector` finds what is in view. */
async function scroll(gallery: Gallery, rowSelector: string): Promise<ScrollTimes> {
  const page = await openWide(gallery);
  if (rowSelector.startsWith("#")) await page.evaluate(showBareList, chatCount);
  else await page.evaluate(() => window.scripted.commands.updateSettings({ sidebar: true }));
  await page.locator(rowSelector).first().waitFor();
  const takenMs = await countMainThreadMs(page);
  const times = await page.evaluate(scrollInPage, { rowSelector, pxPerFrame });
  const mainThreadMs = await takenMs();
  const last = await page.locator(rowSelector).last().textContent();
  if (last !== `Chat ${chatCount - 1}`) throw new Error(`The scrolling ended at ${last}.`);
  await page.close();
  return { ...times, mainThreadMs };
}

/** Runs in the page: on by so much in each frame until there is nothing below. */
async function scrollInPage(options: {
  readonly rowSelector: string;
  readonly pxPerFrame: number;
}): Promise<PageTimes> {
  let scroller = document.querySelector(options.rowSelector)?.parentElement;
  while (scroller && getComputedStyle(scroller).overflowY !== "auto") scroller = scroller.parentElement;
  if (!scroller) throw new Error("Nothing scrolls.");
  window.benchProbe.start();
  for (let still = 0; still < 10; ) {
    const before = scroller.scrollTop;
    scroller.scrollTop += options.pxPerFrame;
    await new Promise(requestAnimationFrame);
    still = scroller.scrollTop === before ? still + 1 : 0;
  }
  return window.benchProbe.stop();
}
