import { PipitError } from "#contract/pipit-error.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import { scopesOf } from "#server/domain/tokens/scopes.ts";
import { issueOneTimeToken, takeOneTimeToken } from "#server/domain/secrets/one-time-tokens.ts";

/** Life of a code: long enough to open a browser, short enough to be worthless in a terminal's history. */
export const SIGN_IN_CODE_TTL_MS = 10 * 60 * 1000;
/** Codes of one user that work at the same time. */
export const MAX_SIGN_IN_CODES = 20;

/** Who a code lets in, and for what. */
export interface SignInGrant {
  readonly userId: string;
  readonly scope: readonly string[];
}

/**
 * A one-time code that carries a sign-in from a program of the person into their browser. In the database, not memory: it
 * outlives a restart, and any of several server processes can redeem it.
 *
 * @param request with the session of the token that asks; absent for the server itself
 * @throws PipitError TOKEN_INVALID when the session has ended
 */
export async function issueSignInCode(
  auth: Pick<AuthStore, "oneTime" | "transaction">,
  { userId, scope, sessionId }: SignInGrant & { readonly sessionId?: string | undefined },
): Promise<{ readonly code: string; readonly expiresAtMs: number }> {
  // Removed with every new code, so that no timer is needed.
  await auth.oneTime.removeExpired();
  const { token, expiresAtMs } = await auth.transaction(async (tx) => {
    if (sessionId !== undefined) await refuseEnded(tx, userId, sessionId);
    return issueOneTimeToken(
      tx.oneTime,
      { purpose: "sign-in", userId, ownerId: userId, data: { scope: scope.join(" ") } },
      { ttlMs: SIGN_IN_CODE_TTL_MS, keep: MAX_SIGN_IN_CODES },
    );
  });
  return { code: token, expiresAtMs };
}

/**
 * Whatever ends all sessions of an account locks it, and takes its codes away: a code is made before that, or not at all.
 * A token of a session that has just ended may still be believed, and what its code starts would live for days.
 */
async function refuseEnded(tx: AuthStores, userId: string, sessionId: string): Promise<void> {
  await tx.accounts.lock(userId);
  const session = await tx.refreshTokens.findFamily(sessionId);
  if (session !== undefined && session.revokedAtMs === undefined) return;
  throw new PipitError("TOKEN_INVALID", "This sign-in has ended. Sign in again.");
}

/** The user that the code signs in, once, also for two at once; undefined when it is wrong, used or too old. */
export async function redeemSignInCode(
  { oneTime }: Pick<AuthStores, "oneTime">,
  code: string,
): Promise<SignInGrant | undefined> {
  const { userId, scope } = (await takeOneTimeToken(oneTime, "sign-in", code)) ?? {};
  return userId === undefined ? undefined : { userId, scope: scopesOf(scope ?? "") };
}
