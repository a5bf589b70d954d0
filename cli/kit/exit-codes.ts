import type { ErrorCode } from "#contract/error-codes.ts";
import type { PipitError } from "#contract/pipit-error.ts";

/** Exit codes of `pipit` (docs: README, "Exit codes"). */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const codesOfErrors: Partial<Record<ErrorCode, ExitCode>> = {
  USAGE: exitCodes.usage,
  CONFIG_INVALID: exitCodes.usage,
  SIGNED_OUT: exitCodes.refused,
  TOKEN_MISSING: exitCodes.refused,
  TOKEN_EXPIRED: exitCodes.refused,
  TOKEN_INVALID: exitCodes.refused,
  ACCOUNT_CLOSED: exitCodes.refused,
  NOT_ALLOWED: exitCodes.refused,
  CREDENTIALS_INVALID: exitCodes.refused,
  OTP_REQUIRED: exitCodes.refused,
  OTP_INVALID: exitCodes.refused,
  ACCOUNT_LOCKED: exitCodes.refused,
  SERVER_UNREACHABLE: exitCodes.unreachable,
  SERVER_STOPPING: exitCodes.unreachable,
  SERVER_NOT_PIPIT: exitCodes.unreachable,
  SERVER_TOO_OLD: exitCodes.unreachable,
  CERTIFICATE_REFUSED: exitCodes.unreachable,
  SERVER_BUSY: exitCodes.unreachable,
  LIMITS_UNREACHABLE: exitCodes.unreachable,
  CLOCK_WRONG: exitCodes.unreachable,
  DATABASE_UNREACHABLE: exitCodes.unreachable,
  CANCELLED: exitCodes.interrupted,
};

/** Which exit code tells a script what became of this error. */
export function exitCodeOf({ code }: Pick<PipitError, "code">): ExitCode {
  return codesOfErrors[code] ?? exitCodes.failed;
}
