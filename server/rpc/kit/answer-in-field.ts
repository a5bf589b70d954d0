import { PipitError } from "#contract/pipit-error.ts";
import type { ErrorCode } from "#contract/error-codes.ts";

/** What the original's clients expect in the answer's field `error`, with status OK (docs/reference/otp-chat.md). */
const application: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "INVALID_REQUEST",
  "CREDENTIALS_INVALID",
  "OTP_REQUIRED",
  "OTP_INVALID",
  "NOT_ALLOWED",
  "ACCOUNT_LOCKED",
  "RATE_LIMITED",
]);

/** The result of `work`; for a refusal that is the person's affair, what `refused` makes of it. All else is thrown on. */
export async function answerInField<Answer, Refused>(
  work: () => Promise<Answer>,
  refused: (error: PipitError) => Refused,
): Promise<Answer | Refused> {
  try {
    return await work();
  } catch (reason) {
    if (reason instanceof PipitError && application.has(reason.code)) return refused(reason);
    throw reason;
  }
}
