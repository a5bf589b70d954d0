import { PipitError } from "#contract/pipit-error.ts";
import type { AuditEvent, AuditOrigin } from "#server/domain/audit/ports.ts";
import { createRefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthMetrics } from "#server/domain/auth-metrics.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { Attempt, AttemptLimits, Rate } from "#server/domain/limits/attempt-limits.ts";
import type { AttemptOutcome } from "#server/domain/limits/ports.ts";
import { limitBucket, type LimitBucket } from "#server/domain/limits/rules.ts";
import type { AuthMethod } from "#server/domain/tokens/ports.ts";
import type { KnownDevices } from "./known-devices.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { loginKeyOf, type Account, type AccountCredentials } from "./ports.ts";
import { wrongCode, type SecondFactor } from "./second-factor.ts";

/** Who is to be proved. */
export interface Subject {
  /** What attempts are counted for when there is no such account. */
  readonly name: string;
  /** Absent: nobody has this name, which takes as long to find out as a wrong password. */
  readonly found: { readonly account: Account; readonly credentials: AccountCredentials } | undefined;
}

/** What somebody shows. */
export interface Proof {
  /** Absent: the account is known, only the code is asked for. */
  readonly password?: string;
  /** Of the authenticator app, or a recovery code. */
  readonly code?: string | undefined;
  /** Of a device on which this account was signed in before. */
  readonly deviceToken?: string | undefined;
}

export interface Proven {
  readonly account: Account;
  readonly amr: readonly AuthMethod[];
  /** When the proof was given, epoch milliseconds; before it was checked, so that a change of password meanwhile is later. */
  readonly authTimeMs: number;
  /** The account has a second factor, and no code was asked for. */
  readonly codeOwed: boolean;
  /** When the password that was shown was set, epoch milliseconds: what is kept of this proof is void after the next. */
  readonly passwordSetAtMs: number;
}

/** What a proof is for. */
export interface ProofTask<T> {
  /** The audit event of both outcomes. */
  readonly event: Pick<AuditEvent, "event" | "clientId" | "familyId" | "data">;
  /** skipped: the password alone is looked at, and what comes of it owes the code. */
  readonly secondFactor: "asked" | "skipped";
  /** Work that is too slow for a transaction; done once the password is known to be right. */
  prepare?(): Promise<void>;
  /** What changes by it, in the transaction that uses the code up. */
  proven(tx: AuthStores, proven: Proven): Promise<T>;
}

export interface ProofDeps {
  readonly auth: Pick<AuthStore, "transaction" | "audit">;
  readonly limits: Pick<AttemptLimits, "take">;
  readonly hasher: PasswordHasher;
  readonly secondFactor: Pick<SecondFactor, "check">;
  readonly knownDevices: Pick<KnownDevices, "check">;
  readonly clock: Clock;
  /** What attempts from an address are counted by: addresses of one household are one. */
  readonly networkOf: (address: string | undefined) => string;
  /** Counts sign-ins. */
  readonly metrics?: Pick<AuthMetrics, "successfulLogin" | "failedLogin"> | undefined;
}

/**
 * The one place where passwords and codes are looked at. Attempts are charged before anything is hashed, and given back
 * when they succeed (checklist §3); who is refused learns nothing but that.
 *
 * @throws PipitError CREDENTIALS_INVALID, OTP_REQUIRED, OTP_INVALID, ACCOUNT_LOCKED, RATE_LIMITED, SERVER_BUSY,
 *   LIMITS_UNREACHABLE; and whatever `task.proven` throws, which undoes all
 */
export type Prove = <T>(
  subject: Subject,
  proof: Proof,
  task: ProofTask<T>,
  origin: AuditOrigin,
) => Promise<{ readonly result: T; readonly proven: Proven; readonly rate: Rate }>;

/** A refusal on its way out: what the audit learns, what the person learns, and whether it counts as a failure. */
class Refusal extends Error {
  readonly reason: string;
  readonly counts: boolean;
  readonly answer: PipitError;

  constructor(reason: string, answer: PipitError, counts: boolean) {
    super(reason);
    this.reason = reason;
    this.counts = counts;
    this.answer = answer;
  }
}

export function createProve(deps: ProofDeps): Prove {
  const { auth, clock, metrics } = deps;
  // What is refused by a limit is not limited by one, and costs whoever sends it nothing.
  const refusals = createRefusalAudit({ audit: auth.audit, clock });

  return async (subject, proof, task, origin) => {
    const userId = subject.found?.account.id;
    const isLogin = task.event.event === "login";
    const failure = (reason: string): AuditEvent => {
      if (isLogin) metrics?.failedLogin(reason);
      return { ...task.event, outcome: "failure", reason, userId };
    };
    const limited = (reason: string): Promise<void> => refusals.record(failure(reason), origin);

    const attempt = await takeAttempt(deps, { subject, proof, limited, origin });
    let outcome: AttemptOutcome = "void";
    try {
      const authTimeMs = clock.nowMs();
      const checked = await checkPassword(deps, subject, proof);
      const codeOwed = codeIsOwed(checked.credentials, proof, task);
      await task.prepare?.();
      const decided = await auth.transaction(async (tx) =>
        decide(deps, tx, { checked, proof, task, codeOwed, authTimeMs, origin }),
      );
      // A password without its code gives no attempt back to who then guesses codes.
      outcome = isWhole(checked.credentials, decided.proven) ? "succeeded" : "void";
      if (isLogin) metrics?.successfulLogin();
      return { ...decided, rate: attempt.rate };
    } catch (reason) {
      if (!(reason instanceof Refusal)) throw reason;
      if (reason.counts) outcome = "failed";
      const event = failure(reason.reason);
      await auth.transaction((tx) => tx.audit.append(event, origin));
      throw reason.answer;
    } finally {
      await attempt.settle(outcome);
    }
  };
}

interface Taking {
  readonly subject: Subject;
  readonly proof: Proof;
  readonly origin: AuditOrigin;
  limited(reason: string): Promise<void>;
}

async function takeAttempt(deps: ProofDeps, { subject, proof, origin, limited }: Taking): Promise<Attempt> {
  try {
    return await deps.limits.take([
      limitBucket("ip", deps.networkOf(origin.ip)),
      ...accountBuckets(deps, subject, proof),
    ]);
  } catch (reason) {
    const code = reason instanceof PipitError ? reason.code : undefined;
    if (code === "ACCOUNT_LOCKED") await limited("locked");
    if (code === "RATE_LIMITED") await limited("rate-limited");
    throw reason;
  }
}

/** A name that nobody has is counted as one that somebody has, so that a lockout tells nothing. */
function accountBuckets(
  { knownDevices }: ProofDeps,
  { found, name }: Subject,
  { deviceToken }: Proof,
): readonly LimitBucket[] {
  const device =
    found === undefined || deviceToken === undefined
      ? undefined
      : knownDevices.check(deviceToken, found.account.id, passwordTimeOf(found));
  if (device !== undefined) return [limitBucket("device", device)];
  const key = found?.account.id ?? loginKeyOf(name);
  return [limitBucket("username", key), limitBucket("lockout", key)];
}

/** What a known device is bound to: with another password it is unknown again. */
export function passwordTimeOf({ account, credentials }: NonNullable<Subject["found"]>): number {
  return credentials.passwordChangedAtMs ?? account.createdAtMs;
}

interface Checked {
  readonly account: Account;
  readonly credentials: AccountCredentials;
  /** Of the same password, when the stored one is out of date. */
  readonly newHash: string | undefined;
}

/** Takes the same time whether the account is unknown, switched off, without a password, or the password is wrong. */
async function checkPassword({ hasher }: ProofDeps, subject: Subject, proof: Proof): Promise<Checked> {
  const { found } = subject;
  const usable = found !== undefined && found.account.active && !found.account.local ? found : undefined;
  if (proof.password === undefined) {
    if (usable === undefined) throw refusedPassword("account-off");
    return { ...usable, newHash: undefined };
  }
  const { ok, rehash } = await hasher.verify(usable?.credentials.passwordHash, proof.password);
  if (usable === undefined) throw refusedPassword(found === undefined ? "unknown-account" : "account-off");
  if (!ok) throw refusedPassword("wrong-password");
  return { ...usable, newHash: rehash ? await hashAgain(hasher, proof.password) : undefined };
}

/** The sign-in must not fail because there is too much to do for an upgrade: the next one does it. */
async function hashAgain(hasher: PasswordHasher, password: string): Promise<string | undefined> {
  try {
    return await hasher.hash(password);
  } catch (reason) {
    if (reason instanceof PipitError && reason.code === "SERVER_BUSY") return undefined;
    throw reason;
  }
}

function refusedPassword(reason: string): Refusal {
  return new Refusal(reason, new PipitError("CREDENTIALS_INVALID", "Invalid login or password."), true);
}

function codeIsOwed(
  { totpSealed }: AccountCredentials,
  { code }: Proof,
  { secondFactor }: Pick<ProofTask<unknown>, "secondFactor">,
): boolean {
  if (totpSealed === undefined) return false;
  if (secondFactor === "skipped") return true;
  if (code !== undefined && code.trim() !== "") return false;
  const answer = new PipitError(
    "OTP_REQUIRED",
    "This account has a second factor. Send the code of your authenticator app as well.",
    { field: "otp" },
  );
  throw new Refusal("code-missing", answer, false);
}

interface Decision<T> {
  readonly checked: Checked;
  readonly proof: Proof;
  readonly task: ProofTask<T>;
  readonly codeOwed: boolean;
  readonly authTimeMs: number;
  readonly origin: AuditOrigin;
}

/** Uses the code up, changes what is to change, and writes it down; all of it or nothing. */
async function decide<T>(
  deps: ProofDeps,
  tx: AuthStores,
  { checked, proof, task, codeOwed, authTimeMs, origin }: Decision<T>,
): Promise<{ readonly result: T; readonly proven: Proven }> {
  const userId = checked.account.id;
  const credentials = await unchanged(tx, checked);
  const asksCode = credentials.totpSealed !== undefined && !codeOwed;
  const verdict = asksCode ? await takeCode(deps, tx, credentials, proof.code ?? "") : undefined;
  if (checked.newHash !== undefined && credentials.passwordHash !== undefined) {
    await tx.accounts.upgradePasswordHash(userId, credentials.passwordHash, checked.newHash);
  }
  const proven: Proven = {
    account: checked.account,
    amr: [...(proof.password === undefined ? [] : ["pwd" as const]), ...(asksCode ? ["otp" as const] : [])],
    authTimeMs,
    codeOwed,
    passwordSetAtMs: passwordTimeOf({ account: checked.account, credentials }),
  };
  const result = await task.proven(tx, proven);
  if (verdict === "recovery") {
    await tx.audit.append({ event: "otp.recovery_code_used", outcome: "success", userId }, origin);
  }
  await tx.audit.append({ ...task.event, outcome: "success", userId }, origin);
  return { result, proven };
}

/** Hashing takes a while, in which the account may have been switched off or given another password. */
async function unchanged(tx: AuthStores, checked: Checked): Promise<AccountCredentials> {
  const account = await tx.accounts.findById(checked.account.id);
  const credentials = await tx.accounts.credentialsOf(checked.account.id);
  if (account === undefined || !account.active || credentials === undefined)
    throw refusedPassword("account-off");
  const { passwordHash, totpSealed } = checked.credentials;
  // Another sign-in may have upgraded the hash of the same password meanwhile; a change of password has another time.
  const samePassword =
    credentials.passwordHash === passwordHash ||
    credentials.passwordChangedAtMs === checked.credentials.passwordChangedAtMs;
  if (!samePassword) throw refusedPassword("password-changed");
  if (credentials.totpSealed !== totpSealed) throw new Refusal("second-factor-changed", wrongCode(), false);
  return credentials;
}

async function takeCode(
  { secondFactor }: ProofDeps,
  tx: AuthStores,
  credentials: AccountCredentials,
  code: string,
): Promise<"ok" | "recovery"> {
  const verdict = await secondFactor.check(tx, credentials, code);
  if (verdict === "ok" || verdict === "recovery") return verdict;
  throw new Refusal(`${verdict}-code`, wrongCode(), true);
}

/** All that the account has was shown. */
function isWhole({ totpSealed }: AccountCredentials, { amr, codeOwed }: Proven): boolean {
  return !codeOwed && (totpSealed === undefined || amr.includes("otp"));
}
