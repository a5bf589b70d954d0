import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#engine/ports.ts";
import { retryDelayMs } from "#engine/retry/retry-policy.ts";

/** After a start, which has enough to do. */
const FIRST_AFTER_MS = 60_000;
/** From one run to the next at most, and the longest pause after runs that failed. */
const EVERY_MS = 300_000;
/** After the first run that failed. */
const BASE_PAUSE_MS = 30_000;

interface KeepPushingDeps {
  /** Sends what waits; resolves to what ended the run. Throws PipitError. */
  readonly push: (signal: AbortSignal) => Promise<PipitError | undefined>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Sends now and then what waits, until this is disposed of. A server that asks for a pause gets it. */
export function keepPushing(deps: KeepPushingDeps): Disposable {
  const stop = new AbortController();
  void run(deps, stop.signal);
  return { [Symbol.dispose]: () => stop.abort() };
}

async function run({ push, clock, random, logger }: KeepPushingDeps, signal: AbortSignal): Promise<void> {
  const pause = (failures: number, baseMs: number, retryAfterMs?: number): number =>
    Math.max(retryAfterMs ?? 0, retryDelayMs(failures, undefined, random, { baseMs, maxMs: EVERY_MS }));
  let failures = 0;
  let pauseMs = pause(1, FIRST_AFTER_MS);
  for (;;) {
    await clock.sleep(pauseMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    const error = await push(signal).catch((reason: unknown) => PipitError.from(reason));
    failures = error === undefined ? 0 : failures + 1;
    pauseMs = failures === 0 ? pause(1, EVERY_MS) : pause(failures, BASE_PAUSE_MS, error?.retryAfterMs);
    if (error !== undefined) logger.debug("events.not_pushed", { failures, code: error.code });
  }
}
