import { createAccounts } from "#server/domain/accounts/accounts.ts";
import { createEndSessions } from "#server/domain/accounts/end-sessions.ts";
import { createKnownDevices } from "#server/domain/accounts/known-devices.ts";
import { createOriginalOtp } from "#server/domain/accounts/original-otp.ts";
import { createOwnAccount } from "#server/domain/accounts/own-account.ts";
import type { PasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import { createSecondFactor } from "#server/domain/accounts/second-factor.ts";
import type { RefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";
import { createProve } from "#server/domain/sign-in/prove.ts";
import { createSignIn } from "#server/domain/sign-in/sign-in.ts";

/** Shown by authenticator apps beside the login. */
const ISSUER_NAME = "Pipit";

export interface AccountServicesOptions {
  readonly auth: AuthStore;
  readonly masterKey: MasterKey;
  readonly hasher: PasswordHasher;
  readonly limits: AttemptLimits;
  readonly clock: Clock;
  /** What attempts from an address are counted by: addresses of one household are one. */
  readonly networkOf: (address: string | undefined) => string;
  readonly guard: { forget(sessionId: string): void };
  readonly refusals: RefusalAudit;
  /** Throws while the server's clock is wrong: see `ServerClock.requireRight`. */
  readonly requireTime?: (() => void) | undefined;
}

/** Puts the parts of accounts and sign-ins together. */
export function createAccountServices(options: AccountServicesOptions) {
  const { auth, masterKey, hasher, limits, clock, guard, networkOf, refusals, requireTime } = options;
  const endSessions = createEndSessions(clock, guard);
  const knownDevices = createKnownDevices(masterKey);
  const secondFactor = createSecondFactor({
    auth,
    masterKey,
    endSessions,
    limits,
    issuerName: ISSUER_NAME,
  });
  const prove = createProve({
    auth,
    limits,
    hasher,
    secondFactor,
    knownDevices,
    refusals,
    networkOf,
    requireTime,
  });
  return {
    secondFactor,
    accounts: createAccounts({ auth, hasher, limits, secondFactor, endSessions, clock, networkOf }),
    ownAccount: createOwnAccount({
      auth,
      prove,
      hasher,
      secondFactor,
      knownDevices,
      endSessions,
      clock,
    }),
    originalOtp: createOriginalOtp({ auth, limits, prove, secondFactor, refusals, networkOf }),
    signIn: createSignIn({ auth, prove, guard, clock, requireTime }),
  };
}

/** All that is done with accounts. */
export type AccountServices = ReturnType<typeof createAccountServices>;
