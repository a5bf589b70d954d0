import { v7 as uuidv7 } from "uuid";
import { LOGIN_TAKEN, loginKeyOf } from "#contract/account-rules.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuditEvent, AuditEventName, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { RevokeReason } from "#server/domain/tokens/ports.ts";
import type { Proven } from "#server/domain/sign-in/prove.ts";
import type { SignedIn, Starts } from "#server/domain/sign-in/sign-in.ts";
import { checkEmail } from "./email.ts";
import type { EndSessions } from "./end-sessions.ts";
import { checkLogin, loginReserved } from "./login-rules.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { checkPassword } from "./password-rules.ts";
import type { Account, AccountChange, Role } from "./ports.ts";
import { checkAbout, checkDisplayName } from "./profile-rules.ts";
import type { SecondFactor } from "./second-factor.ts";

export interface Registration {
  readonly login: string;
  readonly password: string;
  /** Default: the login. */
  readonly displayName?: string | undefined;
  readonly about?: string | undefined;
  readonly email?: string | undefined;
  /** Default: user. Not for what strangers send. */
  readonly role?: Role | undefined;
}

/** Fields that are absent stay; an empty `about` or `email` takes it away. */
export interface ProfileChange {
  readonly displayName?: string | undefined;
  readonly about?: string | undefined;
  readonly email?: string | undefined;
}

/** Who decides, for the audit: "self", "admin" (the command line), or the id of an admin's account. */
export type Decider = { readonly by: string };

interface AccountsDeps {
  readonly auth: AuthStore;
  readonly hasher: Pick<PasswordHasher, "hash">;
  readonly limits: AttemptLimits;
  readonly secondFactor: Pick<SecondFactor, "remove">;
  readonly endSessions: EndSessions;
  readonly clock: Clock;
  /** What registrations from an address are counted by: addresses of one household are one. */
  readonly networkOf: (address: string | undefined) => string;
}

/** Accounts as admins see them, and as users register them. What asks for a proof is own-account.ts. */
export type Accounts = ReturnType<typeof createAccounts>;

export function createAccounts(deps: AccountsDeps) {
  const { auth, hasher, limits, secondFactor, clock, networkOf } = deps;
  return {
    /**
     * Makes an account.
     *
     * @throws PipitError INVALID_REQUEST with the field at fault ("login" also when it is taken), RATE_LIMITED, SERVER_BUSY,
     *   LIMITS_UNREACHABLE
     */
    register: async (registration: Registration, origin: AuditOrigin): Promise<Account> =>
      (await register(deps, registration, nothing, origin)).account,

    /** As `register`, and starts a session of the new account with it. */
    registerAndSignIn: <T>(registration: Registration, starts: Starts<T>, origin: AuditOrigin) =>
      register(deps, registration, starts, origin),

    /** As `register`, by an administrator: not limited. */
    create: async (registration: Registration, decider: Decider, origin: AuditOrigin): Promise<Account> =>
      (await create(deps, registration, decider, nothing, origin)).account,

    /**
     * Throws INVALID_REQUEST with the field at fault, or without one when there is no such account; with an address as
     * `register`.
     */
    async updateProfile(userId: string, profile: ProfileChange, origin: AuditOrigin): Promise<Account> {
      const change = checkProfile(profile);
      const data = { by: "self", fields: Object.keys(change).join(" ") };
      if (typeof change.email === "string") {
        // Whether it is taken tells that an account has the address.
        const attempt = await limits.take([limitBucket("registration", networkOf(origin.ip))]);
        await attempt.settle("failed");
      }
      return changeAccount(deps, userId, { change, event: "account.updated", data }, origin);
    },

    /** Ends all sessions at once, and all that was begun with the account. */
    deactivate(userId: string, data: Decider, origin: AuditOrigin): Promise<Account> {
      const decision = {
        change: { active: false },
        ends: "deactivated",
        event: "account.deactivated",
      } as const;
      return changeAccount(deps, userId, { ...decision, data }, origin);
    },

    activate(userId: string, data: Decider, origin: AuditOrigin): Promise<Account> {
      const decision = { change: { active: true }, event: "account.activated", data } as const;
      return changeAccount(deps, userId, decision, origin);
    },

    setRole(userId: string, role: Role, { by }: Decider, origin: AuditOrigin): Promise<Account> {
      const decision = { change: { role }, event: "account.role_changed", data: { by, role } } as const;
      return changeAccount(deps, userId, decision, origin);
    },

    /** Gives a new password without asking for the old one; ends all sessions and a lockout. */
    async setPassword(userId: string, password: string, data: Decider, origin: AuditOrigin): Promise<void> {
      const account = await auth.accounts.findById(userId);
      if (account === undefined || account.local) throw noAccount();
      const passwordHash = await hasher.hash(checkPassword(password, { login: account.login }));
      const decision: AccountDecision = {
        event: "account.password_changed",
        data,
        ends: "password-changed",
        apply: (tx) => tx.accounts.setPassword(userId, passwordHash, clock.nowMs()),
      };
      await changeAccount(deps, userId, decision, origin);
      await limits.unlock(userId);
    },

    /** Ends a lockout. */
    async unlock(userId: string, data: Decider, origin: AuditOrigin): Promise<void> {
      await changeAccount(deps, userId, { event: "account.unlocked", data }, origin);
      await limits.unlock(userId);
    },

    /** For a user who lost phone and recovery codes; ends all sessions. */
    async removeSecondFactor(userId: string, decider: Decider, origin: AuditOrigin): Promise<void> {
      const decision: AccountDecision = {
        ends: "second-factor-changed",
        apply: (tx) => secondFactor.remove(tx, userId, decider, origin),
      };
      await changeAccount(deps, userId, decision, origin);
    },
  };
}

/** The start of no session. */
const nothing = async (): Promise<void> => undefined;

async function register<T>(
  deps: AccountsDeps,
  registration: Registration,
  starts: Starts<T>,
  origin: AuditOrigin,
): Promise<SignedIn<T>> {
  checkRegistration(registration);
  const attempt = await deps.limits.take([limitBucket("registration", deps.networkOf(origin.ip))]);
  try {
    return await create(deps, { ...registration, role: "user" }, { by: "self" }, starts, origin);
  } finally {
    // Each one counts, made or not: a stranger gets neither many accounts nor many guesses who has one.
    await attempt.settle("failed");
  }
}

async function create<T>(
  { auth, hasher, clock }: AccountsDeps,
  registration: Registration,
  { by }: Decider,
  starts: Starts<T>,
  origin: AuditOrigin,
): Promise<SignedIn<T>> {
  const wanted = checkRegistration(registration);
  // Before hashing, which costs more than everything else.
  await refuseTaken(auth, wanted.account);
  const passwordHash = await hasher.hash(wanted.password);
  const nowMs = clock.nowMs();
  const account: Account = {
    ...wanted.account,
    id: uuidv7({ msecs: nowMs }),
    local: false,
    active: true,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    lastLoginAtMs: undefined,
    credentialsVersion: 0,
  };
  const proven: Proven = { account, amr: ["pwd"], authTimeMs: nowMs, codeOwed: false };
  const session = await auth.transaction(async (tx) => {
    await tx.accounts.create({ ...account, passwordHash });
    await tx.audit.append(
      { event: "account.registered", outcome: "success", userId: account.id, data: { by } },
      origin,
    );
    return starts(tx, proven, origin);
  });
  return { ...proven, session };
}

/** Changes an account and says so in the audit; when it `ends` something, it also ends all its sessions. */
async function changeAccount(
  { auth, endSessions, clock }: AccountsDeps,
  userId: string,
  { change = {}, event, data, ends, apply }: AccountDecision,
  origin: AuditOrigin,
): Promise<Account> {
  const { account, ended } = await auth.transaction(async (tx) => {
    const changed = await tx.accounts.update(userId, change, clock.nowMs());
    if (changed === undefined) throw noAccount();
    const sessions = ends === undefined ? [] : await endSessions.within(tx, userId, ends);
    await apply?.(tx);
    if (event !== undefined) await tx.audit.append({ event, outcome: "success", userId, data }, origin);
    return { account: changed, ended: sessions };
  });
  endSessions.committed(ended);
  return account;
}

interface AccountDecision {
  readonly change?: AccountChange;
  /** Absent: `apply` writes it. */
  readonly event?: AuditEventName;
  readonly data?: AuditEvent["data"];
  readonly ends?: RevokeReason;
  /** What else changes. */
  readonly apply?: (tx: AuthStores) => Promise<unknown>;
}

/** What strangers are told where PIPIT_REGISTRATION is `closed`, by whatever way they come. */
export function registrationClosed(): PipitError {
  return new PipitError("NOT_ALLOWED", "Only an admin makes accounts on this server. Ask yours for one.");
}

export function noAccount(): PipitError {
  return new PipitError("INVALID_REQUEST", "There is no such account.");
}

function checkRegistration({ login, password, displayName, about, email, role = "user" }: Registration) {
  const checked = checkLogin(login);
  const address = blankToUndefined(email);
  const account = {
    login: checked,
    displayName: checkDisplayName(blankToUndefined(displayName) ?? checked),
    about: about === undefined ? undefined : checkAbout(about),
    email: address === undefined ? undefined : checkEmail(address),
    role,
  };
  return { account, password: checkPassword(password, { login: checked }) };
}

function checkProfile({ displayName, about, email }: ProfileChange): AccountChange {
  const address = email?.trim();
  return {
    ...(displayName === undefined ? {} : { displayName: checkDisplayName(displayName) }),
    ...(about === undefined ? {} : { about: checkAbout(about) ?? null }),
    ...(address === undefined ? {} : { email: address === "" ? null : checkEmail(address) }),
  };
}

function blankToUndefined(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}

/** No login may be a client's id (docs/security.md, statement 19). The store refuses what another account has; this spares the hashing. */
async function refuseTaken(
  { accounts, clients }: Pick<AuthStores, "accounts" | "clients">,
  { login, email }: Pick<Account, "login" | "email">,
): Promise<void> {
  if ((await accounts.findForSignIn(login)) !== undefined) throw taken("login", LOGIN_TAKEN);
  for (const id of new Set([login, loginKeyOf(login)])) {
    if ((await clients.find(id)) !== undefined) throw loginReserved();
  }
  if (email !== undefined && (await accounts.findForSignIn(email)) !== undefined) {
    throw taken("email", "email: another account has this address.");
  }
}

function taken(field: string, message: string): PipitError {
  return new PipitError("INVALID_REQUEST", message, { field });
}
