import type { StoredTokens } from "#engine/ports.ts";

/** A token that ends sooner than this is renewed before it is used, in milliseconds. */
const REFRESH_AHEAD_MS = 60_000;
/** A clock that is wrong by up to this much does not keep a token given by hand from being tried, in milliseconds. */
export const CLOCK_SKEW_MS = 600_000;

/** True when neither token can be of any use any more. A token given by hand is left to the server's judgement. */
export function isOver(tokens: StoredTokens, nowMs: number): boolean {
  if (tokens.refreshToken === "") return tokens.accessExpiresAtMs + CLOCK_SKEW_MS <= nowMs;
  return tokens.accessExpiresAtMs <= nowMs && tokens.refreshExpiresAtMs <= nowMs;
}

/** True when the access token can be used for a call now without a refresh. */
export function isFresh(tokens: StoredTokens, nowMs: number): boolean {
  return tokens.refreshToken === "" || tokens.accessExpiresAtMs - nowMs >= REFRESH_AHEAD_MS;
}

/**
 * True when another process has put newer tokens, or those of another account, into the store. Both expiries were
 * computed from this machine's clock. `rejected` is a token that the server does not take.
 */
export function supersedes(
  stored: StoredTokens,
  current: StoredTokens,
  rejected: string | undefined,
): boolean {
  if (stored.accessToken === current.accessToken || stored.accessToken === rejected) return false;
  return stored.accountId !== current.accountId || stored.accessExpiresAtMs >= current.accessExpiresAtMs;
}
