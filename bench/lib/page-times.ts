import type { PageTimes } from "./browser-probe.ts";

/** What a frame of a 60 Hz display lasts. */
const FRAME_MS = 1_000 / 60;
/** What a task may take before a person could notice; the rest of a longer one counts as blocked. */
const TASK_FREE_MS = 50;

/** Frames per second, from the first to the last. */
export function framesPerSecond({ frames }: PageTimes): number {
  const spanMs = (frames.at(-1) ?? 0) - (frames[0] ?? 0);
  return spanMs === 0 ? 0 : ((frames.length - 1) * 1_000) / spanMs;
}

/** How long each frame lasted, from its beginning to that of the next one. */
export function frameTimes(frames: readonly number[]): readonly number[] {
  return frames.slice(1).map((at, index) => at - (frames[index] ?? at));
}

/** Which share of the frames of a 60 Hz display did not come, in percent. */
export function missedFramesPercent({ frames }: PageTimes): number {
  let due = 0;
  for (const [index, at] of frames.entries()) {
    const before = frames[index - 1];
    if (before !== undefined) due += Math.max(1, Math.round((at - before) / FRAME_MS));
  }
  return due === 0 ? 100 : (100 * (due - (frames.length - 1))) / due;
}

/** The sum of what tasks took beyond 50 ms each. */
export function blockedMs({ longTasks }: PageTimes): number {
  return longTasks.reduce((sum, task) => sum + Math.max(0, task - TASK_FREE_MS), 0);
}

/** The longest task; 0 when none took more than 50 ms, for shorter ones are not reported. */
export function longestTaskMs({ longTasks }: PageTimes): number {
  return Math.max(0, ...longTasks);
}
