import type { AuthStores } from "#server/domain/auth-store.ts";
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
 */
export async function issueSignInCode(
  { oneTime }: Pick<AuthStores, "oneTime">,
  { userId, scope }: SignInGrant,
): Promise<{ readonly code: string; readonly expiresAtMs: number }> {
  // Removed with every new code, so that no timer is needed.
  await oneTime.removeExpired();
  const { token, expiresAtMs } = await issueOneTimeToken(
    oneTime,
    { purpose: "sign-in", userId, ownerId: userId, data: { scope: scope.join(" ") } },
    { ttlMs: SIGN_IN_CODE_TTL_MS, keep: MAX_SIGN_IN_CODES },
  );
  return { code: token, expiresAtMs };
}

/** Whom the code lets in; undefined when it is wrong, used or too old. It works once, also for two takers at once. */
export async function redeemSignInCode(
  { oneTime }: Pick<AuthStores, "oneTime">,
  code: string,
): Promise<SignInGrant | undefined> {
  const { userId, scope } = (await takeOneTimeToken(oneTime, "sign-in", code)) ?? {};
  return userId === undefined ? undefined : { userId, scope: scopesOf(scope ?? "") };
}
