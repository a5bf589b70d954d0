import type { Logger } from "#contract/logger.ts";

/** A server that dies at once is not started again in a circle. */
const RESTART_WAITS_MS = [0, 500, 2_000, 8_000, 30_000];
/** A server that ran this long has not failed at its start. */
const STEADY_MS = 60_000;

/** Starts our own server again when it ends by itself. `look` starts the server when none runs. */
export function createServerRestarts(look: () => Promise<void>, logger: Logger) {
  let fails = 0;
  let lastEndMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  return {
    /** Our own server has ended without being asked: it is started again, ever more slowly if it keeps ending. */
    ended(): void {
      if (closed) return;
      const nowMs = performance.now();
      fails = nowMs - lastEndMs > STEADY_MS ? 0 : fails + 1;
      lastEndMs = nowMs;
      const waitMs = RESTART_WAITS_MS[Math.min(fails, RESTART_WAITS_MS.length - 1)] ?? 0;
      logger.warn("server.restart", { fails, waitMs });
      clearTimeout(timer);
      timer = setTimeout(() => void look(), waitMs);
    },
    [Symbol.dispose](): void {
      closed = true;
      clearTimeout(timer);
    },
  };
}
