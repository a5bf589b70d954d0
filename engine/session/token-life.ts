import { PipitError } from "#contract/pipit-error.ts";
import type { StoredTokens } from "#engine/ports.ts";
import { readClaims } from "./jwt-claims.ts";

/** A token that ends sooner than this is renewed before it is used, in milliseconds. */
const REFRESH_AHEAD_MS = 60_000;
/** A clock that is wrong by up to this much does not keep a token given by hand from being tried, in milliseconds. */
const CLOCK_SKEW_MS = 600_000;

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

/**
 * What is kept of an access token that was given by hand.
 *
 * @throws PipitError TOKEN_INVALID (not a JWT), TOKEN_EXPIRED
 */
export function tokensByHand(accessToken: string, serverUrl: string, nowMs: number): StoredTokens {
  const claims = readClaims(accessToken);
  const accessExpiresAtMs = claims.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
  if (accessExpiresAtMs + CLOCK_SKEW_MS <= nowMs) {
    throw new PipitError("TOKEN_EXPIRED", "This token has expired. Ask for a new one.", { field: "token" });
  }
  return {
    accessToken,
    refreshToken: "",
    accessExpiresAtMs,
    refreshExpiresAtMs: 0,
    accountId: claims.subject,
    accountName: claims.name,
    local: false,
    serverUrl,
  };
}
