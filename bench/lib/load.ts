import { setTimeout as sleep } from "node:timers/promises";

/** A number of requests, not a time: on a busy machine a server would otherwise be measured before it is warm. */
export interface ClosedLoad {
  readonly workers: number;
  readonly requests: number;
}

/**
 * Some workers, each of which sends its next request when its last one was answered, until all are sent. Resolves to the
 * time of each answer, in ms.
 */
export async function runClosed(
  { workers, requests }: ClosedLoad,
  request: () => Promise<void>,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const delaysMs: number[] = [];
  let left = requests;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      signal.throwIfAborted();
      const sentMs = performance.now();
      await request();
      delaysMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return delaysMs;
}

/** Times of the answers by what they were, in ms. */
export type Delays = ReadonlyMap<string, readonly number[]>;

/**
 * So many requests a second, whether the earlier ones have been answered or not, as people come. A delay counts from the
 * moment when its request was due, so that what this process was too late for is not hidden.
 *
 * @param request resolves to a name for its outcome
 */
export async function runOpen(
  { perSecond, durationMs }: { readonly perSecond: number; readonly durationMs: number },
  request: () => Promise<string>,
  signal: AbortSignal,
): Promise<Delays> {
  const delays = new Map<string, number[]>();
  const running: Promise<void>[] = [];
  const startedMs = performance.now();
  const send = async (dueMs: number): Promise<void> => {
    const outcome = await request();
    const delayMs = performance.now() - dueMs;
    const known = delays.get(outcome);
    if (known === undefined) delays.set(outcome, [delayMs]);
    else known.push(delayMs);
  };
  const total = Math.floor((perSecond * durationMs) / 1000);
  for (let sent = 0; sent < total;) {
    const dueMs = startedMs + (sent * 1000) / perSecond;
    if (performance.now() < dueMs) await sleep(1, undefined, { signal });
    else {
      const sending = send(dueMs);
      // Looked at in the end, with all others.
      sending.catch(() => undefined);
      running.push(sending);
      sent += 1;
    }
  }
  await Promise.all(running);
  return delays;
}
