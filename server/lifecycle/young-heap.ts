import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Both halves of V8's room for new objects. Without a bound it grows to 128 MiB under load, and is not given back; with
 * less, what lives a little longer is moved out of it too early and must be collected in the expensive way.
 */
const YOUNG_MAX_BYTES = 16 * 1024 * 1024;

/**
 * Lets the room for new objects grow no further than {@link YOUNG_MAX_BYTES}. V8's own flag for that is read before any
 * program runs; how much it grows by at a time is read each time.
 */
export function boundYoungHeap(): void {
  const look = (): void => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    if ((young?.space_size ?? 0) < YOUNG_MAX_BYTES) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
  };
  const observer = new PerformanceObserver(look);
  observer.observe({ entryTypes: ["gc"] });
  look();
}
