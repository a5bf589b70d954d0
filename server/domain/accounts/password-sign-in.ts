import { PipitError } from "#contract/pipit-error.ts";
import type { AuditEvent, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { Rate } from "#server/domain/limits/attempt-limits.ts";
import type { AuthMethod } from "#server/domain/tokens/ports.ts";
import type { KnownDevices } from "./known-devices.ts";
import type { Account, AccountStore } from "./ports.ts";
import { passwordTimeOf, type Prove, type Subject } from "./proof.ts";

/** Nothing longer is a login or an address. */
const NAME_MAX_CHARACTERS = 254;
/** Wrong codes after which a session that owes one ends (checklist G9). */
export const MAX_CODE_TRIES = 5;

export type SignInVia = "web" | "oauth" | "page" | "api-v1" | "grpc";

export interface SignInAttempt {
  /** Login or e-mail address, in any case. */
  readonly login: string;
  readonly password: string;
  /** Of the authenticator app, or a recovery code. */
  readonly otp?: string | undefined;
  /** Of an earlier sign-in on this device. */
  readonly deviceToken?: string | undefined;
  readonly via: SignInVia;
  readonly clientId?: string | undefined;
  /** The password alone, the code comes in another call (gRPC Login, CheckOtp). */
  readonly otpLater?: boolean | undefined;
}

export interface SignedIn {
  readonly account: Account;
  readonly amr: readonly AuthMethod[];
  /** Epoch milliseconds. */
  readonly authTimeMs: number;
  /** The account has a second factor, and its code is still to come. */
  readonly otpOwed: boolean;
  /** For the device to keep; "" while a code is owed. */
  readonly deviceToken: string;
  /** A session that starts after this password was replaced must not start: see the account's credentials. */
  readonly passwordSetAtMs: number;
  readonly rate: Rate;
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

/** The one door for passwords: every way to sign in with one goes through it. */
export interface PasswordSignIn {
  /**
   * Whom login and password, and a code where there is a second factor, prove.
   *
   * @throws PipitError CREDENTIALS_INVALID (one text for unknown, switched off and wrong), OTP_REQUIRED, OTP_INVALID,
   *   ACCOUNT_LOCKED, RATE_LIMITED and SERVER_BUSY with `retryAfterMs`, LIMITS_UNREACHABLE, INVALID_REQUEST
   */
  signIn(attempt: SignInAttempt, origin: AuditOrigin): Promise<SignedIn>;
  /**
   * Takes the code that a session owes. After {@link MAX_CODE_TRIES} wrong ones the session ends.
   *
   * @throws PipitError as `signIn`; TOKEN_INVALID when the session has ended
   */
  payCode(owed: OwedCode, origin: AuditOrigin): Promise<void>;
  /**
   * Whether what was proved still is so. To be asked once a session has been made of it: an account that was switched
   * off, or got another password, before that ended all sessions but this one.
   */
  stillHolds(signedIn: Pick<SignedIn, "account" | "passwordSetAtMs">): Promise<boolean>;
}

export interface PasswordSignInDeps {
  readonly auth: AuthStore;
  readonly prove: Prove;
  readonly knownDevices: Pick<KnownDevices, "issue">;
  readonly guard: { forget(sessionId: string): void };
  readonly clock: Clock;
}

export function createPasswordSignIn(deps: PasswordSignInDeps): PasswordSignIn {
  const { auth, prove, knownDevices, clock } = deps;
  return {
    async signIn(attempt, origin) {
      const subject = await subjectByName(auth.accounts, attempt.login);
      const { proven, rate } = await prove(
        subject,
        { password: attempt.password, code: attempt.otp, deviceToken: attempt.deviceToken },
        {
          event: { event: "login", clientId: attempt.clientId, data: { via: attempt.via } },
          secondFactor: attempt.otpLater === true ? "skipped" : "asked",
          proven: (tx, { account }) => tx.accounts.setLastLogin(account.id, clock.nowMs()),
        },
        origin,
      );
      const { account, amr, authTimeMs, codeOwed, passwordSetAtMs } = proven;
      return {
        account,
        amr,
        authTimeMs,
        otpOwed: codeOwed,
        // A password without its code makes no device known.
        deviceToken: codeOwed ? "" : knownDevices.issue(account.id, passwordSetAtMs),
        passwordSetAtMs,
        rate,
      };
    },

    payCode: (owed, origin) => payCode(deps, owed, origin),

    async stillHolds({ account, passwordSetAtMs }) {
      const { found } = await subjectById(auth.accounts, account.id);
      return found?.account.active === true && passwordTimeOf(found) === passwordSetAtMs;
    },
  };
}

async function payCode(deps: PasswordSignInDeps, owed: OwedCode, origin: AuditOrigin): Promise<void> {
  const { auth, prove, guard } = deps;
  const { userId, sessionId, clientId } = owed;
  const event: Pick<AuditEvent, "event" | "clientId" | "familyId"> = {
    event: "otp.checked",
    clientId,
    familyId: sessionId,
  };
  try {
    await prove(
      await subjectById(auth.accounts, userId),
      { code: owed.code },
      {
        event,
        secondFactor: "asked",
        proven: async (tx) => {
          if (!owed.owed || sessionId === undefined) return;
          if (!(await tx.refreshTokens.settleOtp(sessionId))) throw sessionEnded();
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
  { auth, guard, clock }: PasswordSignInDeps,
  { familyId, clientId, userId }: Pick<AuditEvent, "familyId" | "clientId" | "userId">,
  origin: AuditOrigin,
): Promise<void> {
  if (familyId === undefined) return;
  const nowMs = clock.nowMs();
  const ended = await auth.transaction(async (tx) => {
    if ((await tx.refreshTokens.countOtpTry(familyId)) < MAX_CODE_TRIES) return false;
    if (!(await tx.refreshTokens.revokeFamily(familyId, "revoked", nowMs))) return false;
    await tx.audit.append(
      { event: "session.revoked", outcome: "success", reason: "too-many-codes", userId, clientId, familyId },
      origin,
    );
    return true;
  });
  if (ended) guard.forget(familyId);
}

/**
 * Whom a name means, for {@link Prove}.
 *
 * @throws PipitError INVALID_REQUEST for what is no name at all
 */
export async function subjectByName(
  accounts: Pick<AccountStore, "findForSignIn">,
  name: string,
): Promise<Subject> {
  if (name === "" || name.length > NAME_MAX_CHARACTERS || /\p{Cc}/u.test(name)) {
    throw new PipitError(
      "INVALID_REQUEST",
      `login: must be 1 to ${NAME_MAX_CHARACTERS} characters long, without control characters.`,
      { field: "login" },
    );
  }
  return { name, found: await accounts.findForSignIn(name) };
}

/** Somebody who is signed in, for {@link Prove}. */
export async function subjectById(
  accounts: Pick<AccountStore, "findById" | "credentialsOf">,
  userId: string,
): Promise<Subject> {
  const account = await accounts.findById(userId);
  const credentials = await accounts.credentialsOf(userId);
  const found = account === undefined || credentials === undefined ? undefined : { account, credentials };
  return { name: userId, found };
}

function sessionEnded(): PipitError {
  return new PipitError("TOKEN_INVALID", "The session has ended. Sign in again.");
}
