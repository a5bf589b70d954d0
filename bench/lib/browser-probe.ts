/** What the page's main thread did between `start` and `stop`. Times in ms of the page's clock. */
export interface PageTimes {
  /** From `start` to `stop`. */
  readonly elapsedMs: number;
  /** When each frame began. */
  readonly frames: readonly number[];
  /** How long each task of more than 50 ms took. */
  readonly longTasks: readonly number[];
  /** For each letter typed: from the key until the frame that shows it had been made. */
  readonly keyDelays: readonly number[];
}

/** Lives in every page of the gallery as `window.benchProbe`. */
interface PageProbe {
  start(): void;
  /** Frames are counted up to now, long tasks until the page came to rest. */
  stop(): Promise<PageTimes>;
}

declare global {
  interface Window {
    benchProbe: PageProbe;
  }
}

/** Runs in the page before its own code; so it can use nothing from outside of itself. */
export function installProbe(): void {
  const settleMs = 500;
  let startedMs = 0;
  let running = false;
  let frames: number[] = [];
  let longTasks: number[] = [];
  let keyDelays: number[] = [];
  let keyAtMs: number | undefined;
  const onFrame = (nowMs: number): void => {
    if (!running) return;
    frames.push(nowMs);
    requestAnimationFrame(onFrame);
  };
  const take = (entries: PerformanceEntryList): void => {
    for (const { startTime, duration } of entries) if (startTime >= startedMs) longTasks.push(duration);
  };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ type: "longtask" });
  // The time of a key is when the browser had it, so waiting for a busy page is in the delay.
  addEventListener("keydown", ({ timeStamp }) => (keyAtMs = timeStamp), { capture: true });
  addEventListener("input", () => {
    const pressedMs = keyAtMs;
    keyAtMs = undefined;
    if (pressedMs === undefined) return;
    // A message that is sent in a frame arrives behind its layout and paint.
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      keyDelays.push(performance.now() - pressedMs);
      port1.close();
    });
    port1.start();
    requestAnimationFrame(() => port2.postMessage(undefined));
  });
  window.benchProbe = {
    start() {
      observer.takeRecords();
      [frames, longTasks, keyDelays] = [[], [], []];
      startedMs = performance.now();
      running = true;
      requestAnimationFrame(onFrame);
    },
    async stop() {
      running = false;
      const elapsedMs = performance.now() - startedMs;
      await new Promise((resolve) => setTimeout(resolve, settleMs));
      take(observer.takeRecords());
      return { elapsedMs, frames, longTasks, keyDelays };
    },
  };
}
