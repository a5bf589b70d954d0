import { setTimeout as delay } from "node:timers/promises";
import type { ListeningPort } from "./listening-port.ts";

/** How long running streams may go on after a stop was asked for. */
const DRAIN_MS = 10_000;
/** How long ended streams get to tell their clients why. */
const FAREWELL_MS = 1_000;

export interface StopPortsOptions {
  readonly ports: readonly ListeningPort[];
  /** Waits for the running answers; when the signal aborts, ends them. */
  readonly turns: { drain(signal: AbortSignal): Promise<void> };
  /** Ends all calls with SERVER_STOPPING. */
  readonly endStreams: () => void;
  /** When it aborts, nothing is waited for any longer. */
  readonly hurry: AbortSignal;
  /** Default {@link DRAIN_MS}. */
  readonly drainMs: number | undefined;
}

/** Closes the ports: new calls are refused at once, running ones get time, then an error, then are cut. */
export async function stopPorts(options: StopPortsOptions): Promise<void> {
  const { ports, turns, endStreams, hurry, drainMs = DRAIN_MS } = options;
  const patience = AbortSignal.any([hurry, AbortSignal.timeout(drainMs)]);
  const closed = Promise.all([turns.drain(patience), ...ports.map((port) => port.close())]).then(() => true);
  if (await Promise.race([closed, aborted(patience)])) return;
  endStreams();
  const farewell = new AbortController();
  await Promise.race([
    closed,
    delay(FAREWELL_MS, undefined, { signal: AbortSignal.any([hurry, farewell.signal]) }).catch(() => {}),
  ]);
  farewell.abort();
  for (const port of ports) port.destroy();
  await closed;
}

function aborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });
}
