/** A sign-in that lives, of a program or of a browser. Times are epoch milliseconds. */
interface LiveSession {
  readonly id: string;
  readonly clientId: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}

/**
 * The fields of docs/reference/oauth.md, "Sessions".
 *
 * @param currentId the session that asks
 */
export function toSessionBody(
  session: LiveSession,
  lastUsedAtMs: number,
  currentId: string | undefined,
): Record<string, unknown> {
  return {
    session_id: session.id,
    client_id: session.clientId,
    created_at: new Date(session.createdAtMs).toISOString(),
    last_used: new Date(lastUsedAtMs).toISOString(),
    ip_address: session.ip ?? null,
    user_agent: session.userAgent ?? null,
    expires_at: new Date(session.expiresAtMs).toISOString(),
    current: session.id === currentId,
  };
}
