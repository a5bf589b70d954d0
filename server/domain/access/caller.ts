/** Who makes a call, as the one auth interceptor established it. */
export interface Caller {
  /** The account's id; for a service its client id. */
  readonly userId: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** True for an original client admitted by PIPIT_LEGACY_ANONYMOUS. */
  readonly anonymous: boolean;
  /**
   * service: a program that speaks for itself (client credentials, X-Internal-Auth); what belongs to people refuses it
   * with NOT_ALLOWED.
   */
  readonly kind: "user" | "service";
  /** When the token or session that proves it ends, epoch milliseconds; absent when nothing does. */
  readonly expiresAtMs?: number;
  /** Id of the refresh family (claim `sid`); absent for services and cookies. */
  readonly sessionId?: string;
  /** Of a caller by cookie: the id of the browser's session. */
  readonly webSessionId?: string;
  /** The id of the access token (claim `jti`); absent without one. */
  readonly tokenId?: string;
  /** Of a caller by API key: its id. */
  readonly apiKeyId?: string;
  /** A code of the second factor is still owed; only calls that take one see such a caller. */
  readonly pendingOtp?: true;
  /** When the person proved who they are, epoch milliseconds. */
  readonly authTimeMs?: number;
}
