import type { Clock } from "#contract/clock.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { redeemSignInCode, type CodeProof, type SignInGrant } from "#server/domain/accounts/sign-in-codes.ts";
import type { AuditEvent, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { AuthMethod } from "#server/domain/tokens/ports.ts";
import type { Prove, Proven } from "./prove.ts";

/** Nothing longer is a login or an address. */
const NAME_MAX_CHARACTERS = 254;
/** Wrong codes after which a session that owes one ends. */
const MAX_CODE_TRIES = 5;

/** Starts what a sign-in is for, in the transaction that decides it and has locked the account. */
export type Starts<T> = (tx: AuthStores, who: Proven, origin: AuditOrigin) => Promise<T>;

export interface SignInAttempt {
  /** Login or e-mail address, in any case. */
  readonly login: string;
  readonly password: string;
  /** Of the authenticator app, or a recovery code. */
  readonly otp?: string | undefined;
  /** Of an earlier sign-in on this device. */
  readonly deviceToken?: string | undefined;
  readonly via: "web" | "oauth" | "page" | "api-v1" | "grpc";
  readonly clientId?: string | undefined;
  /** The password alone, the code comes in another call (gRPC Login, CheckOtp). */
  readonly otpLater?: boolean | undefined;
}

export interface SignedIn<T> extends Proven {
  readonly session: T;
}

/** What was proved before: by a code that was approved, a token, or the secret of this machine. */
export interface EarlierProof {
  readonly userId: string;
  readonly amr: readonly AuthMethod[];
  /** Epoch milliseconds; default: the present. */
  readonly authTimeMs?: number | undefined;
  /** Of the account when it was proved; absent where what proves it ends with the account's sessions. */
  readonly credentialsVersion?: number | undefined;
}

/** A code that comes after the password, for a session that is good for nothing else until then. */
export interface OwedCode {
  readonly userId: string;
  readonly sessionId: string | undefined;
  readonly clientId: string;
  /** The session owes it; otherwise the code is only looked at (and used up). */
  readonly owed: boolean;
  readonly code: string;
}

interface SignInDeps {
  readonly auth: AuthStore;
  readonly prove: Prove;
  readonly guard: { forget(sessionId: string): void };
  readonly clock: Clock;
  /** Throws while the server's clock is wrong: see `ServerClock.requireRight`. */
  readonly requireTime?: (() => void) | undefined;
}

/**
 * The one door. Whatever the way of a sign-in, the account is checked and the session made in one transaction that
 * locked the account: a change of password, or of the second factor, comes before it or ends what it started. Versions
 * of the account are compared, never the times of two machines.
 */
export type SignIn = ReturnType<typeof createSignIn>;

export function createSignIn(deps: SignInDeps) {
  const { auth, prove, requireTime } = deps;
  return {
    /**
     * By login and password, and a code where there is a second factor.
     *
     * @throws PipitError CREDENTIALS_INVALID (one text for unknown, switched off and wrong), OTP_REQUIRED, OTP_INVALID,
     *   ACCOUNT_LOCKED, RATE_LIMITED and SERVER_BUSY with `retryAfterMs`, LIMITS_UNREACHABLE, INVALID_REQUEST
     */
    async byPassword<T>(
      attempt: SignInAttempt,
      starts: Starts<T>,
      origin: AuditOrigin,
    ): Promise<SignedIn<T> & { readonly deviceToken: string }> {
      const name = checkName(attempt.login);
      const subject = { name, found: await auth.accounts.findForSignIn(name) };
      const { result, proven, deviceToken } = await prove(
        subject,
        { password: attempt.password, code: attempt.otp, deviceToken: attempt.deviceToken },
        {
          event: { event: "login", clientId: attempt.clientId, data: { via: attempt.via } },
          secondFactor: attempt.otpLater === true ? "skipped" : "asked",
          proven: (tx, who) => start(tx, who, starts, origin),
        },
        origin,
      );
      return { ...proven, session: result, deviceToken };
    },

    /** Throws CREDENTIALS_INVALID when the account was switched off since, or what proves it has changed. */
    async byEarlierProof<T>(
      proof: EarlierProof,
      starts: Starts<T>,
      origin: AuditOrigin,
    ): Promise<SignedIn<T>> {
      requireTime?.();
      return auth.transaction((tx) => startEarlier(tx, proof, starts, origin));
    },

    /**
     * By a one-time code that a program of the person made. Undefined when it is wrong, used, too old or ended. Throws
     * CREDENTIALS_INVALID for an account that is off.
     */
    async byOneTimeCode<T>(
      { code, proof }: { readonly code: string; readonly proof: CodeProof },
      starts: (grant: SignInGrant) => Starts<T>,
      origin: AuditOrigin,
    ): Promise<SignedIn<T> | "wrong-digits" | undefined> {
      requireTime?.();
      return auth.transaction(async (tx) => {
        const grant = await redeemSignInCode(tx, code, proof);
        if (grant === undefined || grant === "wrong-digits") return grant;
        return startEarlier(tx, { userId: grant.userId, amr: [] }, starts(grant), origin);
      });
    },

    /**
     * Takes the code that a session owes. After {@link MAX_CODE_TRIES} wrong ones the session ends.
     *
     * @throws PipitError as `byPassword`; TOKEN_INVALID when the session has ended
     */
    submitSecondFactor: (owed: OwedCode, origin: AuditOrigin) => submitSecondFactor(deps, owed, origin),
  };
}

async function startEarlier<T>(
  tx: AuthStores,
  { userId, amr, authTimeMs, credentialsVersion }: EarlierProof,
  starts: Starts<T>,
  origin: AuditOrigin,
): Promise<SignedIn<T>> {
  const locked = await tx.accounts.lock(userId);
  if (locked === undefined || !locked.account.active) {
    throw refused("This account is switched off.", "account-inactive");
  }
  const { account, nowMs } = locked;
  if (credentialsVersion !== undefined && credentialsVersion !== account.credentialsVersion) {
    throw refused("The password was changed meanwhile. Sign in again.", "credentials-changed");
  }
  const who: Proven = { account, amr, authTimeMs: authTimeMs ?? nowMs, codeOwed: false };
  return { ...who, session: await start(tx, who, starts, origin) };
}

async function start<T>(tx: AuthStores, who: Proven, starts: Starts<T>, origin: AuditOrigin): Promise<T> {
  await tx.accounts.setLastLogin(who.account.id);
  return starts(tx, who, origin);
}

async function submitSecondFactor(deps: SignInDeps, owed: OwedCode, origin: AuditOrigin): Promise<void> {
  const { auth, prove, guard } = deps;
  const { userId, sessionId, clientId } = owed;
  const event = { event: "otp.checked", clientId, familyId: sessionId } as const;
  try {
    await prove(
      { name: userId, found: await auth.accounts.findWithCredentials(userId) },
      { code: owed.code },
      {
        event,
        secondFactor: "asked",
        proven: async (tx) => {
          if (!owed.owed || sessionId === undefined) return;
          if (!(await tx.refreshTokens.settleOtp(sessionId))) {
            throw new PipitError("TOKEN_INVALID", "The session has ended. Sign in again.");
          }
        },
      },
      origin,
    );
  } catch (reason) {
    const wrong = reason instanceof PipitError && reason.code === "OTP_INVALID";
    if (wrong && owed.owed && sessionId !== undefined) await countTry(deps, { ...event, userId }, origin);
    throw reason;
  }
  if (sessionId !== undefined) guard.forget(sessionId);
}

/** Counts a wrong code of a session, and ends it when there were too many. */
async function countTry(
  { auth, guard, clock }: SignInDeps,
  { familyId, clientId, userId }: Pick<AuditEvent, "familyId" | "clientId" | "userId">,
  origin: AuditOrigin,
): Promise<void> {
  if (familyId === undefined) return;
  const nowMs = clock.nowMs();
  const ended = await auth.transaction(async (tx) => {
    if ((await tx.refreshTokens.countOtpTry(familyId)) < MAX_CODE_TRIES) return false;
    if (!(await tx.refreshTokens.revokeFamily(familyId, "revoked", nowMs))) return false;
    const about = { reason: "too-many-codes", userId, clientId, familyId };
    await tx.audit.append({ event: "session.revoked", outcome: "success", ...about }, origin);
    return true;
  });
  if (ended) guard.forget(familyId);
}

/** The name without the white space (of Unicode) that was typed or pasted around it. */
function checkName(given: string): string {
  const name = given.trim();
  if (name !== "" && name.length <= NAME_MAX_CHARACTERS && !/\p{Cc}/u.test(name)) return name;
  throw new PipitError(
    "INVALID_REQUEST",
    `login: must be 1 to ${NAME_MAX_CHARACTERS} characters long, without control characters.`,
    { field: "login" },
  );
}

function refused(message: string, detail: string): PipitError {
  return new PipitError("CREDENTIALS_INVALID", message, { detail });
}
