import type { Clock } from "#contract/clock.ts";
import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from "./opaque-token.ts";
import type { AuthStores } from "#server/domain/auth-store.ts";
import { scopesOf } from "#server/domain/tokens/scopes.ts";
import type { SignInCodeStore } from "./ports.ts";

/** Life of a code: long enough to open a browser, short enough to be worthless in a terminal's history. */
export const SIGN_IN_CODE_TTL_MS = 10 * 60 * 1000;
/** Codes of one user that work at the same time; a newer one takes the place of the oldest. */
export const MAX_SIGN_IN_CODES = 20;

/** Who a code lets in, and for what. */
export interface SignInGrant {
  readonly userId: string;
  readonly scope: readonly string[];
}

export interface IssuedSignInCode {
  readonly code: string;
  readonly expiresAtMs: number;
}

/** One-time codes that carry a sign-in from a program of the person into their browser. */
export interface SignInCodes {
  issue(grant: SignInGrant): Promise<IssuedSignInCode>;
  /** Forgets what has ended. Called at start and with every new code, so that no timer is needed. */
  removeExpired(): Promise<void>;
}

export interface SignInCodesOptions {
  /** The database, not memory: a code outlives a restart, and any of several server processes can redeem it. */
  readonly store: SignInCodeStore;
  readonly clock: Clock;
}

export function createSignInCodes({ store, clock }: SignInCodesOptions): SignInCodes {
  const removeExpired = (): Promise<void> => store.removeExpired(clock.nowMs());
  return {
    async issue({ userId, scope }) {
      await removeExpired();
      const nowMs = clock.nowMs();
      const code = newOpaqueToken();
      const expiresAtMs = nowMs + SIGN_IN_CODE_TTL_MS;
      const stored = {
        hash: hashOpaqueToken(code),
        userId,
        scope: scope.join(" "),
        createdAtMs: nowMs,
        expiresAtMs,
      };
      await store.add(stored, MAX_SIGN_IN_CODES);
      return { code, expiresAtMs };
    },

    removeExpired,
  };
}

/** Whom the code lets in; undefined when it is wrong, used or too old. It works once, also for two takers at once. */
export async function redeemSignInCode(
  tx: Pick<AuthStores, "signInCodes" | "nowMs">,
  code: string,
): Promise<SignInGrant | undefined> {
  if (!isOpaqueToken(code)) return undefined;
  const taken = await tx.signInCodes.take(hashOpaqueToken(code), await tx.nowMs());
  return taken && { userId: taken.userId, scope: scopesOf(taken.scope) };
}
