/** A token that opens one WebSocket. */
export interface StoredWsToken {
  /** SHA-256, base64url; the token itself is never stored. */
  readonly hash: string;
  readonly userId: string;
  readonly clientId: string;
  readonly sessionId: string;
  /** `jti` of the access token that asked for it. */
  readonly tokenId: string;
  /** Space-separated. */
  readonly scope: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export interface WsTokenStore {
  /** Adds a token, and removes all but the `keep` newest of its session; in one transaction. */
  add(token: StoredWsToken, keep: number): Promise<void>;
  /** Takes the token out, if it is still good at `nowMs`: of any number of takers at once, one gets it. */
  take(hash: string, nowMs: number): Promise<StoredWsToken | undefined>;
  /** Removes every token that ended at `nowMs` or before. */
  removeExpired(nowMs: number): Promise<void>;
}
