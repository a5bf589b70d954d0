import type { Clock } from "#contract/clock.ts";
import type { AuthStores } from "#server/domain/auth-store.ts";
import type { RevokeReason } from "#server/domain/tokens/ports.ts";

/** The session of who asks, which goes on. */
export interface SessionsToKeep {
  /** Id of a session of tokens. */
  readonly sessionId?: string | undefined;
  /** Id of a browser's session. */
  readonly webSessionId?: string | undefined;
}

/** Ends all that an account is signed in with, wherever, and all codes that would sign it in anew. */
export type EndSessions = ReturnType<typeof createEndSessions>;

export function createEndSessions(clock: Clock, guard: { forget(sessionId: string): void }) {
  return {
    /**
     * As a part of a transaction, whose caller also writes the audit event.
     *
     * @returns ids of the sessions that ended, for {@link committed}: before that, every reader still finds them live
     */
    async within(
      tx: AuthStores,
      userId: string,
      reason: RevokeReason,
      keep: SessionsToKeep = {},
    ): Promise<readonly string[]> {
      await tx.oneTime.removeOfUser(userId);
      const browsers = await tx.webSessions.removeOfUser(userId, keep.webSessionId);
      return [
        ...browsers,
        ...(await tx.refreshTokens.revokeOfUser(userId, reason, clock.nowMs(), keep.sessionId)),
      ];
    },

    /** Once the transaction stands: caches stop letting clients of these sessions in. */
    committed(sessionIds: readonly string[]): void {
      for (const id of sessionIds) guard.forget(id);
    },
  };
}
