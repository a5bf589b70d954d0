import { makePdf } from "#engine/testing/make-documents.ts";
import { fileText } from "#engine/documents/file-text.ts";
import { longestTaskMs } from "#tests/e2e/fixtures/markdown-test.ts";
import { startGallery } from "./lib/browser.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median } from "./lib/statistics.ts";

const rounds = { warmups: 1, measured: 5 };
const PAGES = 100;
const GOAL_LONGEST_TASK_MS = 50;
/** 1,900 characters a page: what is read stays within the bound, so that all pages are. */
const page = "Fish swim in the sea, and some of them in rivers. ".repeat(38);

/**
 * A PDF of 100 pages is attached in the real window: how long until its chip says what was read, and the longest task of
 * the window's main thread meanwhile, in processor time. Beside it, in turns, the same reader without a worker, which is
 * one task.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  const bytes = makePdf(Array.from({ length: PAGES }, () => page));
  await using gallery = await startGallery();
  const longest: number[] = [];
  const attach = async (): Promise<number> => {
    const opened = await gallery.open("scene=empty");
    const input = opened.locator("input[type=file]");
    const ready = opened.getByText(`${PAGES} pages`);
    let elapsedMs = 0;
    const work = async (): Promise<void> => {
      const startMs = performance.now();
      await input.setInputFiles({
        name: "long.pdf",
        mimeType: "application/pdf",
        buffer: Buffer.from(bytes),
      });
      await ready.waitFor();
      elapsedMs = performance.now() - startMs;
    };
    longest.push(await longestTaskMs(opened, work));
    await opened.close();
    return elapsedMs;
  };
  const read = async (): Promise<number> => {
    const startMs = performance.now();
    const { pages, cut } = await fileText(new Blob([bytes]), "long.pdf");
    if (pages !== PAGES || cut) throw new Error("Not all pages were read.");
    return performance.now() - startMs;
  };
  const parts = [
    { name: "window", measure: attach },
    { name: "reader", measure: read },
  ] as const;
  const samples = await interleave(parts, rounds, signal);
  const baseline = median(samples.get("reader") ?? []);
  const baselineName = "the same reader on a main thread";
  return [
    toResult({
      name: "documents.pdf-100-pages.longest-task",
      unit: "ms",
      value: median(longest.slice(rounds.warmups)),
      baseline,
      baselineName,
      goal: { of: "value", atMost: GOAL_LONGEST_TASK_MS },
    }),
    toResult({
      name: "documents.pdf-100-pages.to-chip",
      unit: "ms",
      value: median(samples.get("window") ?? []),
      baseline,
      baselineName,
    }),
  ];
}
