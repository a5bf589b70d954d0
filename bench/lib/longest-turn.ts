import { setTimeout as sleep } from "node:timers/promises";

/**
 * The longest turn of the event loop meanwhile, in ms of its thread's processor time: what else the machine does is not in
 * it. Looks once in a millisecond, so that to look costs little.
 */
export async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  let longestMs = 0;
  let before = process.threadCpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    longestMs = Math.max(longestMs, (user + system) / 1000);
    before = process.threadCpuUsage();
  }, 1);
  try {
    await work();
    await sleep(2);
  } finally {
    clearInterval(timer);
  }
  return longestMs;
}
