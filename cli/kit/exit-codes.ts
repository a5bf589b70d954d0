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

/** Which exit code tells a script what became of this error. */
export function exitCodeOf(error: PipitError): ExitCode {
  switch (error.code) {
    case "USAGE":
    case "CONFIG_INVALID":
      return exitCodes.usage;
    case "SIGNED_OUT":
    case "TOKEN_MISSING":
    case "TOKEN_EXPIRED":
    case "TOKEN_INVALID":
    case "NOT_ALLOWED":
      return exitCodes.refused;
    case "SERVER_UNREACHABLE":
    case "SERVER_STOPPING":
      return exitCodes.unreachable;
    case "CANCELLED":
      return exitCodes.interrupted;
    default:
      return exitCodes.failed;
  }
}
