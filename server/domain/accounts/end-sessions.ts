import type { AuthStores } from "#server/domain/auth-store.ts";
import type { RevokeReason } from "#server/domain/tokens/ports.ts";

/** The session of who asks, which goes on. */
export interface SessionsToKeep {
  /** Id of a session of tokens. */
  readonly sessionId?: string | undefined;
  /** Hash of the token of a browser's session. */
  readonly webSessionHash?: string | undefined;
}

/** Ends all that an account is signed in with, wherever, and all codes that would sign it in anew. */
export interface EndSessions {
  /**
   * As a part of a transaction.
   *
   * @returns ids of the sessions that ended, for {@link committed}
   */
  within(
    tx: AuthStores,
    userId: string,
    reason: RevokeReason,
    keep?: SessionsToKeep,
  ): Promise<readonly string[]>;
  /** Once the transaction stands: caches stop letting clients of these sessions in. */
  committed(sessionIds: readonly string[]): void;
}

export interface EndSessionsOptions {
  readonly sessions: {
    revokeAllOfUser(
      tx: AuthStores,
      userId: string,
      reason: RevokeReason,
      except?: string,
    ): Promise<readonly string[]>;
  };
  readonly guard: { forget(sessionId: string): void };
}

export function createEndSessions({ sessions, guard }: EndSessionsOptions): EndSessions {
  return {
    async within(tx, userId, reason, keep = {}) {
      await tx.oneTime.removeOfUser(userId);
      await tx.webSessions.removeOfUser(userId, keep.webSessionHash);
      return sessions.revokeAllOfUser(tx, userId, reason, keep.sessionId);
    },
    committed(sessionIds) {
      for (const id of sessionIds) guard.forget(id);
    },
  };
}
