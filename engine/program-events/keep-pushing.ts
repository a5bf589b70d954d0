import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#engine/ports.ts";

/** After a start, which has enough to do. */
const FIRST_AFTER_MS = 60_000;
/** From one run to the next, and the longest pause after runs that failed. */
const EVERY_MS = 300_000;
/** After the first run that failed; doubled with each further one. */
const BASE_PAUSE_MS = 30_000;
/** Pauses differ by so much, so that the clients of a server that was away do not come back together. */
const JITTER = 0.2;

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
  let failures = 0;
  let pauseMs = FIRST_AFTER_MS;
  for (;;) {
    const spread = 1 - JITTER / 2 + JITTER * random();
    await clock.sleep(Math.round(pauseMs * spread), signal).catch(() => undefined);
    if (signal.aborted) return;
    const error = await push(signal).catch((reason: unknown) => PipitError.from(reason));
    failures = error === undefined ? 0 : failures + 1;
    pauseMs = failures === 0 ? EVERY_MS : Math.min(EVERY_MS, BASE_PAUSE_MS * 2 ** (failures - 1));
    pauseMs = Math.max(pauseMs, error?.retryAfterMs ?? 0);
    if (error !== undefined) logger.debug("events.not_pushed", { failures, code: error.code });
  }
}
