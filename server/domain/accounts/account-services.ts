import type { AuthMetrics } from "#server/domain/auth-metrics.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import type { MasterKey } from "#server/domain/tokens/master-key.ts";
import { createAccounts, type Accounts } from "./accounts.ts";
import { createEndSessions, type EndSessionsOptions } from "./end-sessions.ts";
import { createKnownDevices } from "./known-devices.ts";
import { createOwnAccount, type OwnAccount } from "./own-account.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { createPasswordSignIn, type PasswordSignIn } from "./password-sign-in.ts";
import { createProve } from "./proof.ts";
import { createSecondFactor, type SecondFactor } from "./second-factor.ts";

/** Shown by authenticator apps beside the login. */
const ISSUER_NAME = "Pipit";

/** All that is done with accounts. */
export interface AccountServices {
  readonly accounts: Accounts;
  readonly ownAccount: OwnAccount;
  readonly passwordSignIn: PasswordSignIn;
  readonly secondFactor: SecondFactor;
}

export interface AccountServicesOptions extends EndSessionsOptions {
  readonly auth: AuthStore;
  readonly masterKey: MasterKey;
  readonly hasher: PasswordHasher;
  readonly limits: AttemptLimits;
  readonly clock: Clock;
  /** What attempts from an address are counted by: addresses of one household are one. */
  readonly networkOf: (address: string | undefined) => string;
  /** Counts sign-ins. */
  readonly metrics?: Pick<AuthMetrics, "successfulLogin" | "failedLogin"> | undefined;
}

/** Puts the parts of this folder together. */
export function createAccountServices(options: AccountServicesOptions): AccountServices {
  const { auth, masterKey, hasher, limits, clock, guard, networkOf, metrics } = options;
  const endSessions = createEndSessions(options);
  const knownDevices = createKnownDevices({ masterKey });
  const secondFactor = createSecondFactor({
    auth,
    masterKey,
    endSessions,
    limits,
    issuerName: ISSUER_NAME,
  });
  const prove = createProve({ auth, limits, hasher, secondFactor, knownDevices, clock, networkOf, metrics });
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
    passwordSignIn: createPasswordSignIn({ auth, prove, knownDevices, guard, clock }),
  };
}
