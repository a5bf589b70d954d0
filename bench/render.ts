import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { startGallery, type Gallery } from "./lib/browser.ts";
import type { PageTimes } from "./lib/browser-probe.ts";
import { countMainThreadMs } from "./lib/main-thread.ts";
import {
  blockedMs,
  framesPerSecond,
  frameTimes,
  longestTaskMs,
  missedFramesPercent,
} from "./lib/page-times.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { median, quantile } from "./lib/statistics.ts";
import { streamAnswers, tokensOfOneAnswer, type StreamPace } from "./lib/stream-in-page.ts";

/** Each of ours is short; the naive one takes long, and is so far off that once is enough. */
const rounds = 3;
const atRestMs = 3_000;
const keyEveryMs = 100;
const sustainedSeconds = 30;
const naiveQuery = "&markdown=naive";
const baselineName = "naive: all of it anew per token";

interface StreamTimes extends PageTimes {
  /** Processor time of the main thread, whatever else the machine did. */
  readonly mainThreadMs: number;
}

/**
 * What the page's main thread does while an answer of 600 tokens and 57 KB with code, tables, lists and formulas streams
 * into the real window, beside the same window with a naive renderer; and whether one can type meanwhile.
 */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult, void, void> {
  await using gallery = await startGallery();
  yield await framesAtRest(gallery, signal);
  for (const tokensPerSecond of [60, 300]) {
    const pace = { tokensPerSecond, tokens: tokensOfOneAnswer };
    const ours: StreamTimes[] = [];
    for (let round = 0; round < rounds; round += 1) ours.push(await stream(gallery, "", pace, signal));
    const naive = await stream(gallery, naiveQuery, pace, signal);
    yield* describeStream(`render.${tokensPerSecond}`, ours, naive);
  }
  const sustained = { tokensPerSecond: 300, tokens: 300 * sustainedSeconds };
  yield* describeStream("render.300-for-30-s", [await stream(gallery, "", sustained, signal)]);
  const typed: PageTimes[] = [];
  const pace = { tokensPerSecond: 60, tokens: tokensOfOneAnswer };
  for (let round = 0; round < rounds; round += 1) {
    typed.push(await typeDuring(gallery, (page) => streamAnswers(page, pace), signal));
  }
  yield* describeTyping(typed, await typeDuring(gallery, (page) => rest(page, signal), signal));
}

/** Whether this browser has 60 frames per second at all when nothing happens. */
async function framesAtRest(gallery: Gallery, signal: AbortSignal): Promise<BenchResult> {
  await using opened = await openPage(gallery, "", signal);
  const value = framesPerSecond(await rest(opened.page, signal));
  return toResult({ name: "render.at-rest.fps", unit: "frames/s", value });
}

async function rest(page: Page, signal: AbortSignal): Promise<PageTimes> {
  await page.evaluate(() => window.benchProbe.start());
  await sleep(atRestMs, undefined, { signal });
  return page.evaluate(() => window.benchProbe.stop());
}

async function stream(
  gallery: Gallery,
  query: string,
  pace: StreamPace,
  signal: AbortSignal,
): Promise<StreamTimes> {
  await using opened = await openPage(gallery, query, signal);
  const takenMs = await countMainThreadMs(opened.page);
  const times = await streamAnswers(opened.page, pace);
  const mainThreadMs = await takenMs();
  const isNaive = (await opened.page.locator(".md-naive").count()) > 0;
  if (isNaive !== (query !== "")) throw new Error("Another renderer was measured than the one asked for.");
  return { ...times, mainThreadMs };
}

/** A page that is closed at the end, and at once when the benchmark is given up. */
async function openPage(
  gallery: Gallery,
  query: string,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly page: Page }> {
  signal.throwIfAborted();
  const page = await gallery.open(`scene=empty${query}`);
  const close = (): void => void page.close();
  signal.addEventListener("abort", close, { once: true });
  return {
    page,
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", close);
      await page.close();
    },
  };
}

function describeStream(name: string, runs: readonly StreamTimes[], naive?: StreamTimes): BenchResult[] {
  const figure = (of: (times: StreamTimes) => number) => ({
    value: median(runs.map(of)),
    ...(naive === undefined ? {} : { baseline: of(naive), baselineName }),
  });
  const blocked = figure(blockedMs);
  return [
    toResult({
      name: `${name}.fps`,
      unit: "frames/s",
      ...figure(framesPerSecond),
      goal: { of: "value", atLeast: 55 },
    }),
    toResult({ name: `${name}.blocked`, unit: "ms", ...blocked, goal: { of: "value", atMost: 500 } }),
    toResult({
      name: `${name}.frame.p99`,
      unit: "ms",
      ...figure(({ frames }) => quantile(frameTimes(frames), 0.99)),
      ...(name === "render.60" ? { goal: { of: "value", atMost: 17 } } : {}),
    }),
    toResult({
      name: `${name}.longest-task`,
      unit: "ms",
      ...figure(longestTaskMs),
      goal: { of: "value", atMost: 100 },
    }),
    toResult({ name: `${name}.main-thread`, unit: "ms", ...figure(({ mainThreadMs }) => mainThreadMs) }),
    ...(naive === undefined
      ? []
      : [
          toResult({
            name: `${name}.blocked-share`,
            unit: "ms",
            ...blocked,
            goal: { of: "ratio", atMost: 0.05 },
          }),
        ]),
  ];
}

/** Types a letter every 100 ms into the composer for as long as `work` goes on in the page. */
async function typeDuring(
  gallery: Gallery,
  work: (page: Page) => Promise<PageTimes>,
  signal: AbortSignal,
): Promise<PageTimes> {
  await using opened = await openPage(gallery, "", signal);
  await opened.page.locator("textarea").focus();
  const working = work(opened.page);
  const letters = await typeWhile(opened.page, working, signal);
  const times = await working;
  const typed = await opened.page.locator("textarea").inputValue();
  if (typed.length !== letters) throw new Error(`Of ${letters} letters ${typed.length} arrived.`);
  return times;
}

function describeTyping(ours: readonly PageTimes[], atRest: PageTimes): readonly BenchResult[] {
  const delays = ours.flatMap(({ keyDelays }) => keyDelays);
  return [
    toResult({
      name: "render.typing.missed-frames",
      unit: "%",
      value: median(ours.map(missedFramesPercent)),
      baseline: missedFramesPercent(atRest),
      baselineName: "while nothing streams",
      goal: { of: "value", atMost: 5 },
    }),
    ...([0.5, 0.95] as const).map((share) =>
      toResult({
        name: `render.typing.key-to-paint.p${share * 100}`,
        unit: "ms",
        value: quantile(delays, share),
        baseline: quantile(atRest.keyDelays, share),
        baselineName: "while nothing streams",
        ...(share === 0.95 ? { goal: { of: "value", atMost: 16 } } : {}),
      }),
    ),
  ];
}

/** Resolves to the number of letters that were typed. Does not wait for the page between them, as no hand does. */
async function typeWhile(page: Page, streaming: Promise<unknown>, signal: AbortSignal): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const done = new AbortController();
  const finish = (): void => done.abort();
  streaming.then(finish, finish);
  const sent: Promise<unknown>[] = [];
  for (let index = 0; !done.signal.aborted; index += 1) {
    const text = index % 6 === 5 ? " " : "abcde".charAt(index % 6);
    sent.push(session.send("Input.dispatchKeyEvent", { type: "keyDown", text, key: text }));
    sent.push(session.send("Input.dispatchKeyEvent", { type: "keyUp", key: text }));
    await sleep(keyEveryMs, undefined, { signal });
  }
  await Promise.all(sent);
  return sent.length / 2;
}
