import type { Page } from "@playwright/test";

/** Counts the processor time of a page's main thread from now on; what other programs took meanwhile is not in it. */
export async function countMainThreadMs(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    const task = metrics.find(({ name }) => name === "TaskDuration");
    if (task === undefined) throw new Error("This browser does not tell how long tasks took.");
    return task.value * 1_000;
  };
  const beforeMs = await read();
  return async () => (await read()) - beforeMs;
}
