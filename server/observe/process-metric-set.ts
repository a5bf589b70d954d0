import { statfs } from "node:fs/promises";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Counter, type Registry } from "prom-client";
import { gauge } from "./gauge.ts";

/** From one look of the event loop's delay to the next; a look costs a microsecond. */
const LOOK_EVERY_MS = 20;

/**
 * prom-client's own process metrics keep a timer running for the event loop's delay, 100 wake-ups a second; these cost
 * nothing until the first scrape. Their names are those that every dashboard for Node knows.
 *
 * @returns what ends the watch of the event loop
 */
export function addProcessMetrics(registry: Registry): Disposable {
  const registers = [registry];
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  gauge(registers, "process_start_time_seconds", "Start of the process.", () => startedAtSeconds);
  gauge(registers, "process_resident_memory_bytes", "Memory of the process.", () =>
    process.memoryUsage.rss(),
  );
  gauge(registers, "nodejs_heap_size_used_bytes", "Heap in use.", () => process.memoryUsage().heapUsed);
  const cpu = new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time, user and system.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  cpu.inc(0);
  let before = performance.eventLoopUtilization();
  gauge(
    registers,
    "nodejs_eventloop_utilization",
    "Share of the time since the last look that was work.",
    () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
  );
  gauge(registers, "nodejs_eventloop_lag_seconds", "How long a task had to wait just now.", async () => {
    const startMs = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    return (performance.now() - startMs) / 1000;
  });
  return addDelays(registers);
}

/** How long tasks had to wait since the last scrape. It is watched from the first one on: most desktops have none. */
function addDelays(registers: Registry[]): Disposable {
  const watch = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  let isWatching = false;
  let ended = false;
  const read = async (): Promise<Delays> => {
    if (ended) return noDelays;
    if (!isWatching) {
      isWatching = watch.enable();
      return noDelays;
    }
    // The look that is late now counts too, and would be lost with the reset.
    await sleep(1);
    const [p50, p99, max] = [watch.percentile(50), watch.percentile(99), watch.max].map(toSeconds);
    const isEmpty = watch.count === 0;
    watch.reset();
    return isEmpty ? noDelays : { p50, p99, max };
  };
  let reading: Promise<Delays> | undefined;
  /** Once per scrape: a look begins the next period. */
  const delays = (): Promise<Delays> => (reading ??= read().finally(() => (reading = undefined)));
  for (const [of, help] of [
    ["p50", "Half of the tasks since the last look waited at most so long."],
    ["p99", "99 of 100 tasks since the last look waited at most so long."],
    ["max", "The longest wait of a task since the last look."],
  ] as const) {
    gauge(registers, `nodejs_eventloop_lag_${of}_seconds`, help, async () => (await delays())[of]);
  }
  return {
    [Symbol.dispose]() {
      ended = true;
      watch.disable();
    },
  };
}

interface Delays {
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
}
const noDelays: Delays = { p50: 0, p99: 0, max: 0 };

/** Node counts the nanoseconds between two looks. */
function toSeconds(betweenLooksNs: number): number {
  return Math.max(0, betweenLooksNs / 1e6 - LOOK_EVERY_MS) / 1000;
}

/** Of the disk that has the data folder. A folder that cannot be asked has no value. */
export function addDiskMetrics(registry: Registry, folder: string): void {
  const read = async (of: "bavail" | "blocks"): Promise<number | undefined> => {
    const disk = await statfs(folder).catch(() => undefined);
    return disk && disk[of] * disk.bsize;
  };
  gauge([registry], "pipit_disk_free_bytes", "Free on the disk of the data folder.", () => read("bavail"));
  gauge([registry], "pipit_disk_size_bytes", "Size of the disk of the data folder.", () => read("blocks"));
}
