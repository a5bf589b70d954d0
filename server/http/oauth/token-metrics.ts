/** What the token endpoint counts; the names on the wire are those of contracts §3. All labels come from closed sets. */
export interface TokenMetrics {
  /** `grant`: one of ours or "unknown"; `outcome`: "success" or the error code. */
  tokenRequest(grant: string, outcome: string, durationMs: number): void;
  /** "rotated", "replayed", or why a refresh was refused. */
  refreshRotation(outcome: string): void;
  /** A use of the password grant (RFC 9700 §2.4). */
  passwordGrant(clientId: string): void;
}
