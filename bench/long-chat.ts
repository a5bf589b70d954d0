import type { Page } from "@playwright/test";
import { longChat } from "#renderer/gallery/messages.ts";
import { startGallery, type Gallery } from "./lib/browser.ts";
import { countMainThreadMs } from "./lib/main-thread.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median } from "./lib/statistics.ts";

const rounds = { warmups: 1, measured: 3 };
const longCount = 5_000;
const freshCount = 2;
const pieces = 150;

/**
 * What a long chat costs: the page's main thread while an answer streams in it and in a fresh one, its memory, and the
 * time until it has opened and takes text. The real window in Chromium, on the gallery's scripted host.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using gallery = await startGallery();
  const samples = await interleave(
    [
      { name: "long", measure: () => streamMs(gallery, longCount) },
      { name: "fresh", measure: () => streamMs(gallery, freshCount) },
      { name: "open", measure: () => openMs(gallery) },
    ],
    rounds,
    signal,
  );
  const middle = (name: string) => median(samples.get(name) ?? []);
  return [
    toResult({
      name: "long-chat.stream",
      unit: "ms of main thread",
      value: middle("long"),
      baseline: middle("fresh"),
      baselineName: "the same answer in a fresh chat",
      goal: { of: "ratio", atMost: 1.1 },
    }),
    toResult({
      name: "long-chat.memory",
      unit: "MB per 1,000 messages",
      value: await memorySlope(gallery),
      goal: { of: "value", atMost: 5 },
    }),
    toResult({
      name: "long-chat.open",
      unit: "ms",
      value: middle("open"),
      goal: { of: "value", atMost: 300 },
    }),
  ];
}

/** A window that shows `count` messages, drawn and at rest. */
async function openChat(gallery: Gallery, count: number): Promise<Page> {
  const page = await gallery.open("scene=empty");
  await page.evaluate((messages) => window.scripted.chat.setState({ messages }), longChat(count));
  await page.getByRole("article").last().waitFor();
  return page;
}

async function streamMs(gallery: Gallery, count: number): Promise<number> {
  const page = await openChat(gallery, count);
  const takenMs = await countMainThreadMs(page);
  await page.evaluate(streamInPage, pieces);
  const tookMs = await takenMs();
  await page.close();
  return tookMs;
}

/** Runs in the page: one piece of an answer per frame. */
async function streamInPage(count: number): Promise<void> {
  const { chat } = window.scripted;
  const before = chat.getState().messages;
  let text = "";
  for (let piece = 0; piece < count; piece += 1) {
    text += piece % 60 === 59 ? "\n\n" : `word${piece} `;
    const answer = {
      role: "assistant",
      id: "streaming",
      replyTo: "none",
      parts: [{ kind: "text", text }],
      status: "streaming",
      replayed: false,
      createdAtMs: 1_790_000_000_000,
    } as const;
    chat.setState({ messages: [...before, answer] });
    await new Promise(requestAnimationFrame);
  }
}

/** From the state's arrival until the last message is drawn at the end and the page is free for a key. */
async function openMs(gallery: Gallery): Promise<number> {
  const page = await gallery.open("scene=empty");
  const elapsedMs = await page.evaluate(async (messages) => {
    const startedMs = performance.now();
    window.scripted.chat.setState({ messages });
    const wanted = `[data-message-id="${messages.at(-1)?.id}"]`;
    while (document.querySelector(wanted) === null) await new Promise(requestAnimationFrame);
    await new Promise((resolve) => setTimeout(resolve));
    return performance.now() - startedMs;
  }, longChat(longCount));
  await page.close();
  return elapsedMs;
}

async function memorySlope(gallery: Gallery): Promise<number> {
  const small = await heapBytes(gallery, 1_000);
  const large = await heapBytes(gallery, longCount);
  return (large - small) / ((longCount - 1_000) / 1_000) / 1_000_000;
}

async function heapBytes(gallery: Gallery, count: number): Promise<number> {
  const page = await openChat(gallery, count);
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await page.close();
  return usedSize;
}
