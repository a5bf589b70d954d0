import { LOGIN_MAX_CHARS, loginKeyOf } from "#contract/account-rules.ts";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuditEvent, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { RefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { Prove } from "#server/domain/sign-in/prove.ts";
import { isNormalizable } from "./normalizable.ts";
import { FRESH_SIGN_IN_MS } from "./own-account.ts";
import type { AccountWithCredentials } from "./ports.ts";
import { wrongCode, type SecondFactor } from "./second-factor.ts";

interface OriginalOtpDeps {
  readonly auth: AuthStore;
  readonly limits: Pick<AttemptLimits, "take">;
  readonly prove: Prove;
  readonly secondFactor: Pick<SecondFactor, "draw" | "begin" | "confirmWithin">;
  readonly refusals: RefusalAudit;
  /** What requests from an address are counted by: addresses of one household are one. */
  readonly networkOf: (address: string | undefined) => string;
}

/** Marks in the audit what came without a token. */
const about = { clientId: CLI_CLIENT_ID, data: { token: false } } as const;

/** No login has one, and PostgreSQL takes no text with NUL. */
const controls = /\p{Cc}/gu;

/**
 * A second factor for original clients, which name a login and show no token (PIPIT_LEGACY_OTP_OPTIONAL; who may call is
 * decided before). Refusals do not tell whether there is such a login.
 */
export function createOriginalOtp(deps: OriginalOtpDeps) {
  return {
    /**
     * Begins the enrolment of an account that was made within {@link FRESH_SIGN_IN_MS} and has no second factor.
     *
     * @returns the otpauth: address
     * @throws PipitError NOT_ALLOWED, RATE_LIMITED, LIMITS_UNREACHABLE
     */
    begin: (login: string, origin: AuditOrigin) => begin(deps, login, origin),

    /**
     * Takes a code, once: of the secret in force, or the first one of an enrolment, which is then in force. It signs no
     * client in and ends no session: whose it is, is not known here.
     *
     * @throws PipitError OTP_INVALID, ACCOUNT_LOCKED, RATE_LIMITED, LIMITS_UNREACHABLE
     */
    check: (login: string, code: string, origin: AuditOrigin) => check(deps, login, code, origin),
  };
}

async function begin(deps: OriginalOtpDeps, login: string, origin: AuditOrigin): Promise<string> {
  const { auth, limits, networkOf, refusals, secondFactor } = deps;
  const attempt = await limits.take([limitBucket("registration", networkOf(origin.ip))]);
  await attempt.settle("failed");
  const event = { event: "otp.enrolment_begun", ...about } as const;
  const found = await findByLogin(auth, login);
  const enrolment = found && (await secondFactor.draw(found.account));
  const begun = await auth.transaction(async (tx) => {
    const locked = found && (await tx.accounts.lock(found.account.id));
    if (locked === undefined || enrolment === undefined) return false;
    const { account, credentials, nowMs } = locked;
    // Either way, because another server's clock may have written the one and the database's says the other.
    const isFresh = Math.abs(nowMs - account.createdAtMs) < FRESH_SIGN_IN_MS;
    if (!account.active || credentials.totpSealed !== undefined || !isFresh) return false;
    await secondFactor.begin(tx, account.id, enrolment.secret);
    await tx.audit.append({ ...event, outcome: "success", userId: account.id }, origin);
    return true;
  });
  if (begun && enrolment !== undefined) return enrolment.uri;
  const refused: AuditEvent = { ...event, outcome: "failure", reason: "no-fresh-account" };
  await refusals.record({ ...refused, userId: found?.account.id }, origin);
  throw new PipitError(
    "NOT_ALLOWED",
    "Without a token a second factor can be set up within 10 minutes of Register alone, and never in place of one.",
  );
}

async function check(deps: OriginalOtpDeps, login: string, code: string, origin: AuditOrigin): Promise<void> {
  const { auth, prove, secondFactor } = deps;
  const found = await findByLogin(auth, login);
  const { totpSealed, totpPendingSealed } = found?.credentials ?? {};
  const hasSecret = totpSealed !== undefined || totpPendingSealed !== undefined;
  try {
    await prove(
      // Where there is nothing to check against, it is as if there were no account.
      {
        name: login.slice(0, LOGIN_MAX_CHARS).replaceAll(controls, ""),
        found: hasSecret ? found : undefined,
      },
      { code: code.trim() === "" ? "-" : code },
      {
        event: { event: "otp.checked", ...about },
        secondFactor: "asked",
        async proven(tx, { account, amr }) {
          if (!amr.includes("otp")) await secondFactor.confirmWithin(tx, account.id, code, origin);
        },
      },
      origin,
    );
  } catch (reason) {
    if (reason instanceof PipitError && reason.code === "CREDENTIALS_INVALID") throw wrongCode();
    throw reason;
  }
}

async function findByLogin(
  { accounts }: AuthStore,
  login: string,
): Promise<AccountWithCredentials | undefined> {
  if (!isNormalizable(login, LOGIN_MAX_CHARS) || login.search(controls) !== -1) return undefined;
  const found = await accounts.findForSignIn(login);
  const isNamed = found !== undefined && loginKeyOf(found.account.login) === loginKeyOf(login);
  return isNamed && !found.account.local ? found : undefined;
}
