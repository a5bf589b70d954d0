import { randomInt } from "node:crypto";
import { signInEnded } from "#server/domain/access/ended-sign-in.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import { scopesOf } from "#server/domain/tokens/scopes.ts";
import {
  findOneTimeToken,
  takeOneTimeToken,
  type OneTimePurpose,
} from "#server/domain/secrets/one-time-tokens.ts";
import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from "#server/domain/secrets/opaque-token.ts";

/** Life of a code: long enough to open a browser, short enough to be worthless in a terminal's history. */
export const SIGN_IN_CODE_TTL_MS = 10 * 60 * 1000;
/** Codes of one user that work at the same time. */
export const MAX_SIGN_IN_CODES = 20;
/** Wrong digits after which a code is void. */
const MAX_DIGIT_TRIES = 5;
const PURPOSE: OneTimePurpose = "sign-in";

/** Who a code lets in, and for what. */
export interface SignInGrant {
  readonly userId: string;
  readonly scope: readonly string[];
  /** Session of the program that asked for the code, with which it ends; absent for the server itself. */
  readonly sessionId?: string | undefined;
}

/**
 * Shows that the person at the browser wants to be who the code says, since the address with the code in it can be
 * another's: its digits, which stand beside it where it was printed, or the account that they were shown and agreed to,
 * in a browser that is signed in.
 */
export type CodeProof =
  | { readonly kind: "digits"; readonly digits: string }
  | { readonly kind: "confirmed"; readonly userId: string };

/**
 * A one-time code that carries a sign-in from a program of the person into their browser. In the database, not memory: it
 * outlives a restart, and any of several server processes can redeem it.
 *
 * @throws PipitError TOKEN_INVALID when the session has ended
 */
export async function issueSignInCode(
  auth: Pick<AuthStore, "oneTime" | "transaction">,
  { userId, scope, sessionId }: SignInGrant,
): Promise<{ readonly code: string; readonly digits: string; readonly expiresAtMs: number }> {
  const code = newOpaqueToken();
  const digits = String(randomInt(10_000)).padStart(4, "0");
  const data = JSON.stringify({ scope: scope.join(" "), sessionId, digits: hashOfDigits(code, digits) });
  const expiresAtMs = await auth.transaction(async (tx) => {
    if (sessionId !== undefined) await refuseEnded(tx, userId, sessionId);
    const stored = { purpose: PURPOSE, userId, ownerId: userId, hash: hashOpaqueToken(code), data };
    return tx.oneTime.add(stored, { ttlMs: SIGN_IN_CODE_TTL_MS, keep: MAX_SIGN_IN_CODES });
  });
  return { code, digits, expiresAtMs };
}

/** Without the code, which is stored nowhere, it says nothing of the digits. */
function hashOfDigits(code: string, digits: string): string {
  return hashOpaqueToken(`${code}:${digits}`);
}

/**
 * Whatever ends all sessions of an account locks it, and takes its codes away: a code is made before that, or not at all.
 * A token of a session that has just ended may still be believed.
 */
async function refuseEnded(tx: AuthStores, userId: string, sessionId: string): Promise<void> {
  await tx.accounts.lock(userId);
  if (await isLive(tx, sessionId)) return;
  throw signInEnded();
}

async function isLive(
  { refreshTokens }: Pick<AuthStores, "refreshTokens">,
  sessionId: string | undefined,
): Promise<boolean> {
  if (sessionId === undefined) return true;
  const session = await refreshTokens.findFamily(sessionId);
  return session !== undefined && session.revokedAtMs === undefined;
}

type CodeStores = Pick<AuthStores, "oneTime" | "refreshTokens">;

/** The user that the code would sign in; it stays good. Undefined when it is wrong, used, too old or ended. */
export async function findSignInCode(stores: CodeStores, code: string): Promise<string | undefined> {
  const found = await findOneTimeToken(stores.oneTime, PURPOSE, code);
  return (await isLive(stores, found?.["sessionId"])) ? found?.["userId"] : undefined;
}

/**
 * The user that the code signs in, once, also for two at once; undefined when it is wrong, used, too old, ended or void.
 * To be committed whatever it says: wrong digits count.
 */
export async function redeemSignInCode(
  stores: CodeStores,
  code: string,
  proof: CodeProof,
): Promise<SignInGrant | "wrong-digits" | undefined> {
  if (proof.kind === "digits") {
    const outcome = await tryDigits(stores, code, proof.digits);
    if (outcome !== "right") return outcome;
  } else if ((await findSignInCode(stores, code)) !== proof.userId) {
    return undefined;
  }
  const { userId, scope, sessionId } = (await takeOneTimeToken(stores.oneTime, PURPOSE, code)) ?? {};
  if (userId === undefined || !(await isLive(stores, sessionId))) return undefined;
  return { userId, scope: scopesOf(scope ?? ""), sessionId };
}

async function tryDigits(
  { oneTime }: CodeStores,
  code: string,
  digits: string,
): Promise<"right" | "wrong-digits" | undefined> {
  const tried = isOpaqueToken(code) ? await oneTime.countTry(PURPOSE, hashOpaqueToken(code)) : undefined;
  if (tried === undefined || tried.tries > MAX_DIGIT_TRIES) return undefined;
  const { digits: expected } = JSON.parse(tried.data) as { readonly digits?: string };
  if (expected === hashOfDigits(code, digits)) return "right";
  if (tried.tries === MAX_DIGIT_TRIES) await oneTime.take(PURPOSE, hashOpaqueToken(code));
  return "wrong-digits";
}
