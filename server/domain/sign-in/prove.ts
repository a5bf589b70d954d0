import { loginKeyOf } from "#contract/account-rules.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { KnownDevices } from "#server/domain/accounts/known-devices.ts";
import type { PasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import type { Account, AccountCredentials, AccountWithCredentials } from "#server/domain/accounts/ports.ts";
import { wrongCode, type SecondFactor } from "#server/domain/accounts/second-factor.ts";
import type { AuditEvent, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { RefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { Attempt, AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import type { AttemptOutcome } from "#server/domain/limits/ports.ts";
import { limitBucket, type LimitBucket } from "#server/domain/limits/rules.ts";
import type { AuthMethod } from "#server/domain/tokens/ports.ts";

/** Who is to be proved. */
interface Subject {
  /** The key by which attempts are counted when there is no such account. */
  readonly name: string;
  /** Absent: no account has this name, which takes as long to find out as a wrong password. */
  readonly found: AccountWithCredentials | undefined;
}

/** What a person shows. */
export interface Proof {
  /** Absent: the account is known, only the code is asked for. */
  readonly password?: string;
  /** Of the authenticator app, or a recovery code. */
  readonly code?: string | undefined;
  /** Of a device on which this account was signed in before. */
  readonly deviceToken?: string | undefined;
}

export interface Proven {
  /** As it is in the transaction that takes the proof. */
  readonly account: Account;
  readonly amr: readonly AuthMethod[];
  /** When the proof was taken, epoch milliseconds of the database. */
  readonly authTimeMs: number;
  /** The account has a second factor, and no code was asked for. */
  readonly codeOwed: boolean;
}

/** What a proof is for. */
interface ProofTask<T> {
  /** The audit event of both outcomes. */
  readonly event: Pick<AuditEvent, "event" | "clientId" | "familyId" | "data">;
  /** skipped: the password alone is looked at, and what comes of it owes the code. */
  readonly secondFactor: "asked" | "skipped";
  /** Work that is too slow for a transaction; done once the password is known to be right. */
  prepare?(): Promise<void>;
  /** Makes the change, in the transaction that uses the code up. */
  proven(tx: AuthStores, proven: Proven): Promise<T>;
}

interface ProofDeps {
  readonly auth: Pick<AuthStore, "transaction">;
  readonly limits: Pick<AttemptLimits, "take">;
  readonly hasher: Pick<PasswordHasher, "hash" | "verify">;
  readonly secondFactor: Pick<SecondFactor, "check">;
  /** Throws while the server's clock is wrong: see `ServerClock.requireRight`. */
  readonly requireTime?: (() => void) | undefined;
  readonly knownDevices: KnownDevices;
  /** Refusals by a limit are cheap to cause and have no limit of their own. */
  readonly refusals: RefusalAudit;
  /** What attempts from an address are counted by: addresses of one household are one. */
  readonly networkOf: (address: string | undefined) => string;
}

interface ProofResult<T> {
  readonly result: T;
  readonly proven: Proven;
  /** By which this device is known next time; "" while a code is owed: a password alone makes no device known. */
  readonly deviceToken: string;
}

/**
 * The one place where passwords and codes are looked at. Attempts are charged before anything is hashed, and given back
 * when they succeed; who is refused learns nothing but that.
 *
 * @throws PipitError CREDENTIALS_INVALID, OTP_REQUIRED, OTP_INVALID, ACCOUNT_LOCKED, RATE_LIMITED, SERVER_BUSY,
 *   LIMITS_UNREACHABLE, CLOCK_WRONG; and whatever `task.proven` throws, which undoes all
 */
export type Prove = <T>(
  subject: Subject,
  proof: Proof,
  task: ProofTask<T>,
  origin: AuditOrigin,
) => Promise<ProofResult<T>>;

/** A refusal on its way out: the reason for the audit, the answer for the user, and whether it counts as a failure. */
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

/** All that one call of {@link Prove} is given. */
interface ProofRequest<T> {
  readonly subject: Subject;
  readonly proof: Proof;
  readonly task: ProofTask<T>;
  readonly origin: AuditOrigin;
}

export function createProve(deps: ProofDeps): Prove {
  const { auth } = deps;
  return async (subject, proof, task, origin) => {
    deps.requireTime?.();
    const request = { subject, proof, task, origin };
    const attempt = await takeAttempt(deps, request);
    let outcome: AttemptOutcome = "void";
    try {
      const checked = await checkPassword(deps, subject, proof);
      const codeOwed = codeIsOwed(checked.credentials, proof, task);
      await task.prepare?.();
      const decided = await auth.transaction((tx) =>
        commitProof(deps, tx, request, { ...checked, codeOwed }),
      );
      // A password without its code gives no attempt back to who then guesses codes.
      outcome = decided.proven.codeOwed ? "void" : "succeeded";
      return decided;
    } catch (given) {
      const reason = asRefusal(given);
      if (reason === undefined) throw given;
      if (reason.counts) outcome = "failed";
      await auth.transaction((tx) => tx.audit.append(failure(request, reason.reason), origin));
      throw reason.answer;
    } finally {
      await attempt.settle(outcome);
    }
  };
}

/** A wrong code counts, whoever found it out: the first one of an enrolment is looked at by the task. */
function asRefusal(reason: unknown): Refusal | undefined {
  if (reason instanceof Refusal) return reason;
  if (!(reason instanceof PipitError) || reason.code !== "OTP_INVALID") return undefined;
  return new Refusal("wrong-code", reason, true);
}

function failure({ task, subject }: ProofRequest<unknown>, reason: string): AuditEvent {
  return { ...task.event, outcome: "failure", reason, userId: subject.found?.account.id };
}

async function takeAttempt(deps: ProofDeps, request: ProofRequest<unknown>): Promise<Attempt> {
  const { subject, proof, origin } = request;
  const limited = (reason: string) => deps.refusals.record(failure(request, reason), origin);
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

/** An unknown name is counted like a known one, so that a lockout does not tell them apart. */
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
function passwordTimeOf({ account, credentials }: AccountWithCredentials): number {
  return credentials.passwordChangedAtMs ?? account.createdAtMs;
}

interface Checked extends AccountWithCredentials {
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
async function hashAgain(hasher: ProofDeps["hasher"], password: string): Promise<string | undefined> {
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

/** Uses the code up, writes the decision down, and changes what is to change; all of it or nothing. */
async function commitProof<T>(
  { secondFactor, knownDevices }: ProofDeps,
  tx: AuthStores,
  { proof, task, origin }: ProofRequest<T>,
  { codeOwed, ...checked }: Checked & { readonly codeOwed: boolean },
): Promise<ProofResult<T>> {
  const userId = checked.account.id;
  const locked = await lockUnchanged(tx, checked);
  const { account, credentials, nowMs } = locked;
  const asksCode = credentials.totpSealed !== undefined && !codeOwed;
  const verdict = asksCode ? await secondFactor.check(tx, credentials, proof.code ?? "", nowMs) : undefined;
  if (verdict === "wrong" || verdict === "replayed") throw new Refusal(`${verdict}-code`, wrongCode(), true);
  if (checked.newHash !== undefined && credentials.passwordHash !== undefined) {
    await tx.accounts.upgradePasswordHash(userId, credentials.passwordHash, checked.newHash);
  }
  const proven: Proven = {
    account,
    amr: [...(proof.password === undefined ? [] : ["pwd" as const]), ...(asksCode ? ["otp" as const] : [])],
    authTimeMs: nowMs,
    codeOwed,
  };
  if (verdict === "recovery") {
    await tx.audit.append({ event: "otp.recovery_code_used", outcome: "success", userId }, origin);
  }
  await tx.audit.append({ ...task.event, outcome: "success", userId }, origin);
  const result = await task.proven(tx, proven);
  return {
    result,
    proven,
    deviceToken: codeOwed ? "" : knownDevices.issue(userId, passwordTimeOf(locked)),
  };
}

/** Hashing takes a while, in which the account may have been switched off or given another password. */
async function lockUnchanged(
  tx: AuthStores,
  { account, credentials }: Checked,
): Promise<AccountWithCredentials & { readonly nowMs: number }> {
  const locked = await tx.accounts.lock(account.id);
  if (locked === undefined || !locked.account.active) throw refusedPassword("account-off");
  if (locked.account.credentialsVersion === account.credentialsVersion) return locked;
  if (locked.credentials.totpSealed === credentials.totpSealed) throw refusedPassword("password-changed");
  throw new Refusal("second-factor-changed", wrongCode(), false);
}
