import type { ServiceImpl } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import type { Otp } from "#proto/otp_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { answerInField } from "../kit/answer-in-field.ts";
import { callerKey, originKey } from "../kit/call-context.ts";
import { ownAccountOf } from "./own-login.ts";

/** What the original says of a code that is not good. */
const INVALID_TEXT = "Invalid otp";

/** Takes a code, once: the one that the login still owes, or the first one of a secret of InitOtp, which is then in force. */
export function createCheckOtp(ctx: ServerContext): ServiceImpl<typeof Otp>["checkOtp"] {
  return ({ login, otp }, context) =>
    answerInField(
      async () => {
        const origin = context.values.get(originKey);
        const caller = context.values.get(callerKey);
        if (caller === undefined) {
          await ctx.originalOtp.check(login, otp, origin);
        } else {
          await ownAccountOf(ctx.store.auth.accounts, caller, login);
          await takeCode(ctx, caller, otp, origin);
        }
        return { valid: true, error: "" };
      },
      ({ code, message }) => ({ valid: false, error: code === "OTP_INVALID" ? INVALID_TEXT : message }),
    );
}

async function takeCode(
  ctx: ServerContext,
  caller: Caller,
  code: string,
  origin: AuditOrigin,
): Promise<void> {
  const { userId, clientId, sessionId } = caller;
  const credentials = await ctx.store.auth.accounts.credentialsOf(userId);
  if (code.trim() === "") throw new PipitError("OTP_INVALID", INVALID_TEXT, { field: "otp" });
  if (credentials?.totpSealed !== undefined) {
    const owed = caller.pendingOtp === true;
    await ctx.signIn.submitSecondFactor({ userId, clientId, sessionId, owed, code }, origin);
    return;
  }
  if (credentials?.totpPendingSealed === undefined) {
    throw new PipitError(
      "INVALID_REQUEST",
      "There is no secret to check the code against. Call InitOtp first.",
    );
  }
  await ctx.secondFactor.confirm(userId, code, { sessionId }, origin);
}
