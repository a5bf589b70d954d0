/** Who makes a call, as the one auth interceptor established it. */
export interface Caller {
  readonly userId: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** True for an original client admitted by PIPIT_LEGACY_ANONYMOUS. */
  readonly anonymous: boolean;
  /** When the token or session that proves it ends, epoch milliseconds; absent when nothing does. */
  readonly expiresAtMs?: number;
}
