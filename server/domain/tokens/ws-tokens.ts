import { PipitError } from "#contract/pipit-error.ts";
import { issueOneTimeToken, takeOneTimeToken } from "#server/domain/secrets/one-time-tokens.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { scopesOf } from "./scopes.ts";
import type { TokenGuard } from "./token-guard.ts";

/** Life of a token (docs/reference/developer-api.md). */
export const WS_TOKEN_TTL_MS = 15 * 60 * 1000;
/** Tokens of one session that work at the same time. */
export const MAX_WS_TOKENS = 20;

/**
 * One-time tokens that open a WebSocket: its address and handshake may land in logs, and there they must be worth
 * nothing.
 */
export function createWsTokens(
  auth: Pick<AuthStore, "oneTime" | "transaction">,
  guard: Pick<TokenGuard, "check">,
) {
  return {
    /** Throws TOKEN_INVALID for a caller without a session: nothing could end what it opens. */
    async issue({ userId, clientId, sessionId, tokenId, scope }: Caller, origin: AuditOrigin) {
      if (sessionId === undefined || tokenId === undefined) throw invalid("no session");
      const data = { clientId, sessionId, tokenId, scope: scope.join(" ") };
      return auth.transaction(async (tx) => {
        const issued = await issueOneTimeToken(
          tx.oneTime,
          { purpose: "ws", userId, ownerId: sessionId, data },
          { ttlMs: WS_TOKEN_TTL_MS, keep: MAX_WS_TOKENS },
        );
        const about = { userId, clientId, familyId: sessionId, data: { grant: "ws-token" } };
        await tx.audit.append({ event: "token.issued", outcome: "success", ...about }, origin);
        return issued;
      });
    },

    /**
     * Whom the token speaks for. It works once, also for two takers at once, and not after the session, or the access token
     * that asked for it, was revoked.
     *
     * @throws PipitError TOKEN_INVALID
     */
    async redeem(token: string): Promise<Caller> {
      const taken = await takeOneTimeToken(auth.oneTime, "ws", token);
      if (taken === undefined) throw invalid("unknown, used or expired");
      const { userId = "", clientId = "", scope = "", ...rest } = taken;
      const about = { userId, clientId, scope: scopesOf(scope), anonymous: false, kind: "user" } as const;
      return guard.check({ ...rest, ...about });
    },
  };
}

/** One text for unknown, used and expired: who tries tokens learns nothing. */
function invalid(detail: string): PipitError {
  return new PipitError("TOKEN_INVALID", "This token is not valid any more. Ask for a new one.", { detail });
}
