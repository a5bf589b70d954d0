import { PipitError } from "#contract/pipit-error.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { Attempt, AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import { sealerFor, type MasterKey } from "#server/domain/master-key/master-key.ts";
import type { EndSessions, SessionsToKeep } from "./end-sessions.ts";
import type { Account, AccountCredentials } from "./ports.ts";
import { createRecoveryCodes } from "./recovery-codes.ts";
import { newTotpSecret, totpStepOf, totpUri } from "./totp.ts";

/** What the person's authenticator app needs; shown once. */
export interface Enrolment {
  /** otpauth://totp/... */
  readonly uri: string;
  /** Base 32, for typing it in. */
  readonly secret: string;
  readonly qrSvg: string;
  readonly qrTerminal: string;
}

/** What a code turned out to be. A recovery code is used up by it, a code of the app burns its step. */
type CodeVerdict = "ok" | "recovery" | "wrong" | "replayed";

interface SecondFactorOptions {
  readonly auth: Pick<AuthStore, "transaction">;
  readonly masterKey: MasterKey;
  readonly endSessions: EndSessions;
  readonly limits: Pick<AttemptLimits, "take">;
  /** Shown by the app beside the login. */
  readonly issuerName: string;
}

/** Codes of an authenticator app (RFC 6238), and recovery codes in their place. */
export type SecondFactor = ReturnType<typeof createSecondFactor>;

export function createSecondFactor(options: SecondFactorOptions) {
  const { auth, masterKey, endSessions, issuerName, limits } = options;
  const sealer = sealerFor(masterKey, "totp-secrets");
  const recovery = createRecoveryCodes(masterKey);
  const secretOf = (sealed: string, userId: string): string => sealer.open(sealed, userId).toString();

  const confirmWithin = async (
    tx: AuthStores,
    userId: string,
    code: string,
    origin: AuditOrigin,
  ): Promise<readonly string[]> => {
    const pending = (await tx.accounts.credentialsOf(userId))?.totpPendingSealed;
    if (pending === undefined) {
      throw new PipitError("INVALID_REQUEST", "No second factor is being set up. Begin with a new QR code.");
    }
    const step = totpStepOf(secretOf(pending, userId), code, await tx.nowMs());
    if (step === undefined || !(await tx.totp.confirm(userId, pending, step))) throw wrongCode();
    const codes = recovery.make();
    await tx.totp.setRecoveryCodes(
      userId,
      codes.map((made) => hashOf(recovery.hash(userId, made))),
    );
    await tx.audit.append({ event: "otp.enrolled", outcome: "success", userId }, origin);
    return codes;
  };

  return {
    /** A fresh secret in all its forms. Nothing is kept of it before `begin`. */
    async draw({ login }: Pick<Account, "login">): Promise<Enrolment> {
      const secret = newTotpSecret();
      const uri = totpUri(issuerName, login, secret);
      return { uri, secret, ...(await drawQr(uri)) };
    },

    /**
     * Begins an enrolment, in place of one begun before; a confirmed secret stays in force until the new one is confirmed.
     * The user must have proved themselves, by a confirmed one as well: `tx` is of the transaction that took the proof,
     * and whose caller tells the audit.
     */
    begin: (tx: AuthStores, userId: string, secret: string) =>
      tx.totp.setPending(userId, sealer.seal(secret, userId)),

    /**
     * Makes the secret of the enrolment the one in force, with new recovery codes, and ends the account's other sessions.
     *
     * @returns the recovery codes, which are not to be had again
     * @throws PipitError INVALID_REQUEST when no enrolment was begun, OTP_INVALID for a wrong code, RATE_LIMITED, LIMITS_UNREACHABLE
     */
    async confirm(userId: string, code: string, keep: SessionsToKeep, origin: AuditOrigin) {
      // Who has a session only must not guess their way to recovery codes.
      const attempt = await limits.take([limitBucket("enrolment", userId)]);
      const { codes, ended } = await settled(attempt, () =>
        auth.transaction(async (tx) => {
          const made = await confirmWithin(tx, userId, code, origin);
          const sessions = await endSessions.within(tx, userId, "second-factor-changed", keep);
          return { codes: made, ended: sessions };
        }),
      );
      endSessions.committed(ended);
      return codes;
    },

    /** As `confirm`, in a transaction whose caller has counted the attempt; ends no session. */
    confirmWithin,

    /** Checks a code against the secret in force and uses it up: of any number of takers at once, one gets it. */
    async check(
      tx: AuthStores,
      { userId, totpSealed, totpLastStep }: AccountCredentials,
      code: string,
      nowMs: number,
    ): Promise<CodeVerdict> {
      if (totpSealed === undefined) return "wrong";
      const step = totpStepOf(secretOf(totpSealed, userId), code, nowMs);
      if (step === undefined) {
        const hash = recovery.hash(userId, code);
        const isTaken = hash !== undefined && (await tx.totp.takeRecoveryCode(userId, hash, nowMs));
        return isTaken ? "recovery" : "wrong";
      }
      if (totpLastStep !== undefined && step <= totpLastStep) return "replayed";
      return (await tx.totp.takeStep(userId, step)) ? "ok" : "replayed";
    },

    /** Takes the second factor away, with what was begun and the recovery codes; the user has proved it. */
    async remove(tx: AuthStores, userId: string, data: { readonly by: string }, origin: AuditOrigin) {
      await tx.totp.disable(userId);
      await tx.audit.append({ event: "otp.disabled", outcome: "success", userId, data }, origin);
    },
  };
}

/** A wrong code stays charged; an attempt that could not be checked is given back. */
async function settled<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await attempt.settle("succeeded");
    return result;
  } catch (reason) {
    await attempt.settle(reason instanceof PipitError && reason.code === "OTP_INVALID" ? "failed" : "void");
    throw reason;
  }
}

/** One text for wrong, used and too old. */
export function wrongCode(): PipitError {
  return new PipitError(
    "OTP_INVALID",
    "Wrong code. Enter the six digits that your authenticator app shows now; each code works once.",
    { field: "otp" },
  );
}

/** Loaded when the first QR code is wanted: most starts of a server draw none. */
async function drawQr(text: string): Promise<Pick<Enrolment, "qrSvg" | "qrTerminal">> {
  const { default: qrcode } = await import("qrcode");
  const [qrSvg, qrTerminal] = await Promise.all([
    qrcode.toString(text, { type: "svg", errorCorrectionLevel: "M" }),
    qrcode.toString(text, { type: "utf8", errorCorrectionLevel: "L" }),
  ]);
  return { qrSvg, qrTerminal: blackOnWhite(qrTerminal) };
}

/** Whatever colours a terminal has: many apps do not read a QR code in negative. */
function blackOnWhite(text: string): string {
  return text.replaceAll(/[^\n]+/g, "\u001B[30;107m$&\u001B[0m");
}

function hashOf(hash: string | undefined): string {
  if (hash === undefined) throw new PipitError("INTERNAL", "A recovery code was made that cannot be read.");
  return hash;
}
