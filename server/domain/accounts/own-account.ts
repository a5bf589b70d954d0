import { PASSWORD_MAX_CHARS } from "#contract/account-rules.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { AuditEvent, AuditEventName, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { RefreshFamily, RevokeReason } from "#server/domain/tokens/ports.ts";
import type { Proof, Prove } from "#server/domain/sign-in/prove.ts";
import { noAccount } from "./accounts.ts";
import type { EndSessions, SessionsToKeep } from "./end-sessions.ts";
import type { KnownDevices } from "./known-devices.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { checkPassword } from "./password-rules.ts";
import type { AccountWithCredentials } from "./ports.ts";
import type { Enrolment, SecondFactor } from "./second-factor.ts";

/** A user who is signed in, and asks for something about their own account. */
export interface Owner {
  readonly userId: string;
  readonly clientId: string;
  /** The session they ask from, which goes on. */
  readonly keep: SessionsToKeep;
  readonly deviceToken?: string | undefined;
}

/** How long after its password a sign-in may begin an enrolment without showing it again. */
export const FRESH_SIGN_IN_MS = 10 * 60 * 1000;

/** The password is always asked for; the code where there is a second factor. */
type OwnProof = Pick<Proof, "code"> & { readonly password: string };

interface OwnAccountDeps {
  readonly auth: AuthStore;
  readonly prove: Prove;
  readonly hasher: Pick<PasswordHasher, "hash">;
  readonly secondFactor: Pick<SecondFactor, "draw" | "begin">;
  readonly knownDevices: Pick<KnownDevices, "issue">;
  readonly endSessions: EndSessions;
  readonly clock: Clock;
}

/** What users decide about their own account; a session alone is not enough for it. All throw as {@link Prove}. */
export function createOwnAccount(deps: OwnAccountDeps) {
  const { hasher, knownDevices, clock } = deps;
  return {
    /**
     * Ends all other sessions.
     *
     * @returns the token by which this device stays known
     */
    async changePassword(
      owner: Owner,
      { oldPassword, newPassword }: { readonly oldPassword: string; readonly newPassword: string },
      origin: AuditOrigin,
    ): Promise<{ readonly deviceToken: string }> {
      const found = await findOwner(deps, owner);
      const { account } = found;
      const password = checkNewPassword(newPassword, oldPassword, account.login);
      let passwordHash = "";
      let changedAtMs = 0;
      const decision: OwnDecision = {
        proof: { password: oldPassword },
        secondFactor: "skipped",
        event: "account.password_changed",
        ends: "password-changed",
        keep: owner.keep,
        async prepare() {
          passwordHash = await hasher.hash(password);
        },
        async apply(tx) {
          changedAtMs = await tx.accounts.setPassword(owner.userId, passwordHash, clock.nowMs());
        },
      };
      await changeOwnAccount(deps, owner, found, decision, origin);
      return { deviceToken: knownDevices.issue(owner.userId, changedAtMs) };
    },

    /** Switches the account off, erases what it owns besides its chats, leaves its rooms, and ends all sessions, this one too. */
    async deactivate(owner: Owner, proof: OwnProof, origin: AuditOrigin): Promise<void> {
      const decision: OwnDecision = {
        proof,
        secondFactor: "asked",
        event: "account.deactivated",
        ends: "deactivated",
        keep: {},
        async apply(tx) {
          await tx.accounts.update(owner.userId, { active: false }, clock.nowMs());
          await tx.memories.removeAll(owner.userId);
          await tx.accounts.eraseOwned(owner.userId);
          await tx.roomMembers.removeAll(owner.userId);
        },
      };
      await changeOwnAccount(deps, owner, await findOwner(deps, owner), decision, origin);
    },

    /**
     * Begins to set a second factor up: with a stolen session alone its owner could be locked out. To replace one that is
     * in force its code is asked for as well; without one, NOT_ALLOWED.
     */
    beginSecondFactor: (owner: Owner, proof: OwnProof, origin: AuditOrigin) =>
      beginSecondFactor(deps, owner, proof, origin),

    /**
     * The same for a call that has no field for a password: the password of the owner's session counts for
     * {@link FRESH_SIGN_IN_MS}. Throws NOT_ALLOWED later, for a session without a password, and for one who has a second factor.
     */
    beginFirstFactorOfFreshSignIn: (owner: Owner, origin: AuditOrigin) =>
      beginFirstFactorOfFreshSignIn(deps, owner, origin),

    /** Takes the second factor away; ends all other sessions. */
    async disableSecondFactor(owner: Owner, proof: OwnProof, origin: AuditOrigin): Promise<void> {
      const found = await findOwner(deps, owner);
      if (found.credentials.totpSealed === undefined) {
        throw new PipitError("INVALID_REQUEST", "This account has no second factor.");
      }
      const decision: OwnDecision = {
        proof,
        secondFactor: "asked",
        event: "otp.disabled",
        ends: "second-factor-changed",
        keep: owner.keep,
        apply: (tx) => tx.totp.disable(owner.userId),
      };
      await changeOwnAccount(deps, owner, found, decision, origin);
    },
  };
}

/** Throws NOT_ALLOWED for a program of a third party: a user who lets it write chats must not be locked out by it. */
async function findOwner(
  { auth }: OwnAccountDeps,
  { userId, clientId }: Owner,
): Promise<AccountWithCredentials> {
  if ((await auth.clients.find(clientId))?.firstParty === false) {
    throw notAllowed("Only this server's own programs change how somebody signs in.");
  }
  const found = await auth.accounts.findWithCredentials(userId);
  if (found === undefined) throw noAccount();
  if (found.account.local)
    throw notAllowed("The account of this computer has no password and no second factor.");
  return found;
}

/** Proves who the user is, makes the change, and ends the sessions that it ends. */
async function changeOwnAccount(
  deps: OwnAccountDeps,
  owner: Owner,
  found: AccountWithCredentials,
  { proof, secondFactor, event, ends, keep, prepare, apply }: OwnDecision,
  origin: AuditOrigin,
): Promise<void> {
  const { prove, endSessions } = deps;
  const { result } = await prove(
    { name: owner.userId, found },
    { ...proof, deviceToken: owner.deviceToken },
    {
      event: { event, clientId: owner.clientId, data: { by: "self" } },
      secondFactor,
      ...(prepare === undefined ? {} : { prepare }),
      async proven(tx) {
        await apply(tx);
        return endSessions.within(tx, owner.userId, ends, keep);
      },
    },
    origin,
  );
  endSessions.committed(result);
}

async function beginSecondFactor(
  deps: OwnAccountDeps,
  owner: Owner,
  { password, code }: OwnProof,
  origin: AuditOrigin,
): Promise<Enrolment> {
  const { prove, secondFactor } = deps;
  const found = await findOwner(deps, owner);
  const inForce = found.credentials.totpSealed !== undefined;
  if (inForce && (code === undefined || code.trim() === "")) throw alreadyInForce();
  const enrolment = await secondFactor.draw(found.account);
  await prove(
    { name: owner.userId, found },
    { password, code, deviceToken: owner.deviceToken },
    {
      event: enrolmentBegun(owner),
      secondFactor: "asked",
      proven: (tx) => secondFactor.begin(tx, owner.userId, enrolment.secret),
    },
    origin,
  );
  return enrolment;
}

async function beginFirstFactorOfFreshSignIn(
  deps: OwnAccountDeps,
  owner: Owner,
  origin: AuditOrigin,
): Promise<Enrolment> {
  const { auth, secondFactor } = deps;
  const { userId, keep } = owner;
  const { account } = await findOwner(deps, owner);
  const enrolment = await secondFactor.draw(account);
  await auth.transaction(async (tx) => {
    const locked = await tx.accounts.lock(userId);
    if (locked === undefined || locked.credentials.totpSealed !== undefined) throw alreadyInForce();
    const session =
      keep.sessionId === undefined ? undefined : await tx.refreshTokens.findFamily(keep.sessionId);
    if (!isFreshSignIn(session, locked.nowMs)) {
      throw notAllowed(
        "Log in again with your password: a second factor can be set up within 10 minutes of that.",
      );
    }
    await secondFactor.begin(tx, userId, enrolment.secret);
    await tx.audit.append({ ...enrolmentBegun(owner), outcome: "success", userId }, origin);
  });
  return enrolment;
}

/** What came of an authorization code may go back to a browser that a one-time code signed in, without a password. */
function isFreshSignIn(session: RefreshFamily | undefined, nowMs: number): boolean {
  if (session === undefined || session.revokedAtMs !== undefined) return false;
  const byPassword = session.amr.includes("pwd") && session.originHash === undefined;
  return byPassword && nowMs - session.authTimeMs < FRESH_SIGN_IN_MS;
}

function enrolmentBegun({ clientId, keep }: Owner): Pick<AuditEvent, "event" | "clientId" | "familyId"> {
  return { event: "otp.enrolment_begun", clientId, familyId: keep.sessionId };
}

interface OwnDecision {
  readonly proof: OwnProof;
  readonly secondFactor: "asked" | "skipped";
  readonly event: AuditEventName;
  readonly ends: RevokeReason;
  readonly keep: SessionsToKeep;
  readonly prepare?: () => Promise<void>;
  apply(tx: AuthStores): Promise<unknown>;
}

function checkNewPassword(newPassword: string, oldPassword: string, login: string): string {
  const password = checkPassword(newPassword, { login });
  // What is longer is none, and not worth putting in order.
  const old = oldPassword.length > PASSWORD_MAX_CHARS * 4 ? "" : oldPassword.normalize("NFC");
  if (password !== old) return password;
  throw invalidField("password", "must be another one than the old password.");
}

function notAllowed(why: string): PipitError {
  return new PipitError("NOT_ALLOWED", why);
}

function alreadyInForce(): PipitError {
  return new PipitError(
    "NOT_ALLOWED",
    "This account has a second factor already. To replace it, send a code of it as well.",
    { field: "otp" },
  );
}
