/** When nothing says how long a fault of ours lasts. */
export const DEFAULT_RETRY_MS = 5_000;

export const PASSING_TEXT = "This is not possible right now. Try again in a moment.";

/** How long a client is told to wait: whole seconds, at least one. */
export function waitSecondsOf(retryAfterMs: number = DEFAULT_RETRY_MS): number {
  return Math.max(1, Math.ceil(retryAfterMs / 1000));
}

export function lockedText(retryAfterMs: number | undefined): string {
  return `Too many failed attempts. Try again in ${waitSecondsOf(retryAfterMs)} seconds.`;
}
