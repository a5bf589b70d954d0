import { PipitError } from "#contract/pipit-error.ts";

/** Of an account that is off or gone: by its name, since to sign in again would not help. */
export function accountClosed(): PipitError {
  return new PipitError(
    "ACCOUNT_CLOSED",
    "This account was switched off, or no longer exists on this server.",
  );
}

/** One text for all else: it is over, whatever ended it; the log gets the reason. */
export function signInEnded(detail = "session over"): PipitError {
  return new PipitError("TOKEN_INVALID", "This sign-in has ended. Sign in again.", { detail });
}
