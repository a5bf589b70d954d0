import type { ErrorCode } from "#contract/error-codes.ts";
import { RETRY_WAIT_MAX_MS } from "#contract/limits.ts";
import type { PipitError } from "#contract/pipit-error.ts";

/** Attempts of one series; after the last one the message waits in the outbox (docs/reference/streaming.md). */
const SERIES_ATTEMPTS = 3;
/** Delay after the first failure, before jitter. It doubles with every further failure. */
const BASE_DELAY_MS = 1000;
/** No delay of ours is longer, jitter included. A `retry-after` of the server may be. */
export const MAX_DELAY_MS = 60_000;
/** Jitter adds this share of the delay at least ... */
const MIN_JITTER = 0.1;
/** ... and this share at most. */
const MAX_JITTER = 0.3;

/** Errors that say nothing about the message, only about the way to the server. */
const connectionCodes: ReadonlySet<ErrorCode> = new Set([
  "SERVER_UNREACHABLE",
  "SERVER_STOPPING",
  "DEADLINE_EXCEEDED",
]);

/** True when the server could not be reached or went away, as opposed to having answered with a refusal. */
export function isConnectionError({ code }: Pick<PipitError, "code">): boolean {
  return connectionCodes.has(code);
}

/**
 * Series of attempts after which a message is parked, so that the next one of its chat goes. Only failures of the model
 * may be the message's own; all others, of the server or of the way to it, would meet the next message as well, and are
 * waited for as long as it takes.
 */
const seriesLimits: Partial<Record<ErrorCode, number>> = {
  MODEL_FAILED: 1,
  MODEL_TIMEOUT: 2,
  MODEL_UNREACHABLE: 5,
};

export function seriesLimit({ code }: PipitError): number {
  return seriesLimits[code] ?? Infinity;
}

/** What to do after a failed attempt. */
export type RetryDecision =
  /** Try again within this series. */
  | { readonly kind: "retry"; readonly delayMs: number }
  /** Leave it in the outbox and try again later. */
  | { readonly kind: "wait"; readonly delayMs: number }
  /** Trying the same again would not help, or might answer twice. */
  | { readonly kind: "fail" };

/** One failed attempt. */
export interface FailedAttempt {
  readonly error: PipitError;
  /** Failures of this message in a row, this one included: 1 after the first. */
  readonly failures: number;
  /** Whether a part of the answer had arrived. */
  readonly sawChunk: boolean;
}

/**
 * Decides by docs/reference/streaming.md: attempts are repeated quickly only before the first chunk. After it, a lost connection waits
 * in the outbox (the server replays or joins the same turn), but an answer that the server itself broke off is not
 * asked again unbidden: that would run the model again and again.
 *
 * @param random uniform in [0, 1)
 */
export function decideRetry(attempt: FailedAttempt, random: () => number): RetryDecision {
  const { error, failures, sawChunk } = attempt;
  if (!error.retryable) return { kind: "fail" };
  if (sawChunk && !isConnectionError(error) && error.code !== "TURN_RUNNING_ELSEWHERE")
    return { kind: "fail" };
  const delayMs = retryDelayMs(failures, error.retryAfterMs, random);
  // A server that asks for more than our longest pause is not waited for with the message in hand. Nor is a model asked
  // again at once that was silent for minutes: what it has read of the question by then would be read anew.
  const soon = delayMs <= MAX_DELAY_MS && error.code !== "MODEL_TIMEOUT";
  const quickly = soon && !sawChunk && failures < SERIES_ATTEMPTS;
  if (quickly) return { kind: "retry", delayMs };
  // A server whose clock is behind ours, or a proxy that always says 0, would be asked without a pause for ever.
  const isNone = delayMs < BASE_DELAY_MS;
  const waitMs = isNone ? retryDelayMs(failures, undefined, random) : Math.min(delayMs, RETRY_WAIT_MAX_MS);
  return { kind: "wait", delayMs: waitMs };
}

/** Pauses of ours: the first, before jitter, and the longest, jitter included. */
interface Pauses {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * The pause after the `failures`-th failure in a row: `retryAfterMs` if the server named one, else
 * `baseMs` * 2^(failures - 1) plus 10 to 30 % of jitter, `maxMs` at most; 1 s and 60 s for what a person waits for. At the
 * cap the jitter goes downwards, so that many clients never return in step.
 */
export function retryDelayMs(
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number,
  { baseMs, maxMs }: Pauses = { baseMs: BASE_DELAY_MS, maxMs: MAX_DELAY_MS },
): number {
  if (retryAfterMs !== undefined) return Math.max(0, retryAfterMs);
  const jitter = 1 + MIN_JITTER + (MAX_JITTER - MIN_JITTER) * random();
  const plain = baseMs * 2 ** Math.max(0, failures - 1);
  return Math.round(Math.min(plain, maxMs / (1 + MAX_JITTER)) * jitter);
}
