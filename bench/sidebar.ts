import type { Page } from "@playwright/test";
import { startGallery, type Gallery } from "./lib/browser.ts";
import type { PageTimes } from "./lib/browser-probe.ts";
import { showBareList } from "./lib/bare-list.ts";
import { countMainThreadMs } from "./lib/main-thread.ts";
import { framesPerSecond, longestTaskMs } from "./lib/page-times.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median, type Rounds } from "./lib/statistics.ts";

const rounds = { warmups: 1, measured: 5 };
const viewport = { width: 1280, height: 800 };
const chatCount = 10_000;
/** Five chats in each frame, for ten seconds. */
const steady = { pxPerFrame: 180, frames: 600 };
/** A screen in each frame, to the end: no chat is seen twice, and another 100 are asked for in every fifth frame. */
const flick = { pxPerFrame: 720, frames: Infinity };
const baselineName = "a bare virtual list of these titles";

interface Scrolling {
  readonly rowSelector: string;
  readonly pxPerFrame: number;
  readonly frames: number;
}

interface ScrollTimes extends PageTimes {
  readonly mainThreadMs: number;
}

const [ours, bare] = ["search [data-chat-row]", "#bare-list button"];

/**
 * The list of 10,000 chats beside the conversation: how long it takes to appear, and its frames while it is scrolled; beside
 * a list of the same titles that does nothing else.
 */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult, void, void> {
  await using gallery = await startGallery();
  const opened = await compare(rounds, (row) => open(gallery, row), signal);
  const openFigure = opened((times) => times.tookMs);
  yield toResult({ name: "sidebar.open", unit: "ms", ...openFigure, goal: { of: "value", atMost: 100 } });
  yield toResult({ name: "sidebar.open.main-thread", unit: "ms", ...opened((times) => times.mainThreadMs) });
  for (const [name, way] of Object.entries({ steady, flick })) {
    const measure = (rowSelector: string) => scroll(gallery, { rowSelector, ...way });
    const scrolled = await compare({ warmups: 0, measured: 3 }, measure, signal);
    const [fps, main] = [scrolled(framesPerSecond), scrolled((times) => times.mainThreadMs)];
    const goal = name === "steady" ? { goal: { of: "value", atLeast: 58 } as const } : {};
    yield toResult({ name: `sidebar.${name}.fps`, unit: "frames/s", ...fps, ...goal });
    yield toResult({ name: `sidebar.${name}.longest-task`, unit: "ms", ...scrolled(longestTaskMs) });
    yield toResult({ name: `sidebar.${name}.main-thread`, unit: "ms", ...main });
  }
}

/** Measures our list and the bare one in turns; gives the medians of a figure of both. */
async function compare<Times>(
  howOften: Rounds,
  measure: (rowSelector: string) => Promise<Times>,
  signal: AbortSignal,
) {
  const contenders = [ours, bare].map((row) => ({ name: row, measure: () => measure(row) }));
  const samples = await interleave(contenders, howOften, signal);
  const middle = (row: string, of: (times: Times) => number) => median((samples.get(row) ?? []).map(of));
  return (of: (times: Times) => number) => ({
    value: middle(ours, of),
    baseline: middle(bare, of),
    baselineName,
  });
}

/** From a window without the list until that is drawn, by the page's clock and in processor time of its main thread. */
async function open(gallery: Gallery, rowSelector: string) {
  const page = await openWide(gallery);
  const takenMs = await countMainThreadMs(page);
  const tookMs = await show(page, rowSelector);
  const mainThreadMs = await takenMs();
  await page.close();
  return { tookMs, mainThreadMs };
}

function show(page: Page, rowSelector: string): Promise<number> {
  return rowSelector === bare ? page.evaluate(showBareList, chatCount) : page.evaluate(showSidebar);
}

/** Runs in the page. */
async function showSidebar(): Promise<number> {
  const startedMs = performance.now();
  void window.scripted.commands.updateSettings({ sidebar: true });
  while (document.querySelector("[data-chat-row]") === null) await new Promise(requestAnimationFrame);
  await new Promise((resolve) => setTimeout(resolve));
  return performance.now() - startedMs;
}

async function openWide(gallery: Gallery, scene = "chats-many-at-once"): Promise<Page> {
  const page = await gallery.open(`scene=${scene}`);
  await page.evaluate(() => window.scripted.commands.updateSettings({ sidebar: false }));
  await page.setViewportSize(viewport);
  return page;
}

async function scroll(gallery: Gallery, scrolling: Scrolling): Promise<ScrollTimes> {
  const { rowSelector, frames } = scrolling;
  const page = await openWide(gallery, frames === Infinity ? "chats-many" : undefined);
  await show(page, rowSelector);
  const takenMs = await countMainThreadMs(page);
  const times = await page.evaluate(scrollInPage, scrolling);
  const mainThreadMs = await takenMs();
  const last = await page.locator(rowSelector).last().textContent();
  if (frames === Infinity && last !== `Chat ${chatCount - 1}`)
    throw new Error(`The scrolling ended at ${last}.`);
  await page.close();
  return { ...times, mainThreadMs };
}

/** Runs in the page: on by so much in each frame, until there were so many or nothing is below. */
async function scrollInPage({ rowSelector, pxPerFrame, frames }: Scrolling): Promise<PageTimes> {
  let scroller = document.querySelector(rowSelector)?.parentElement;
  while (scroller && getComputedStyle(scroller).overflowY !== "auto") scroller = scroller.parentElement;
  if (!scroller) throw new Error("Nothing scrolls.");
  window.benchProbe.start();
  // What follows may be on its way.
  const stillAtEnd = 10;
  for (let [frame, still] = [0, 0]; frame < frames && still < stillAtEnd; frame += 1) {
    const before = scroller.scrollTop;
    scroller.scrollTop += pxPerFrame;
    await new Promise(requestAnimationFrame);
    still = scroller.scrollTop === before ? still + 1 : 0;
  }
  return window.benchProbe.stop();
}
