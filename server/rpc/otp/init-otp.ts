import type { ServiceImpl } from "@connectrpc/connect";
import type { Otp } from "#proto/otp_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { answerInField } from "../kit/answer-in-field.ts";
import { callerKey, originKey } from "../kit/call-context.ts";
import { ownAccountOf } from "./own-login.ts";

/**
 * A fresh secret, as the whole otpauth: address. Only for the login of the token, and only soon after its
 * password was given; never in place of a secret that is in force: that needs a code. This call has a field for neither.
 */
export function createInitOtp({
  ownAccount,
  originalOtp,
  store,
}: ServerContext): ServiceImpl<typeof Otp>["initOtp"] {
  return ({ login }, context) =>
    answerInField(
      async () => {
        const origin = context.values.get(originKey);
        const caller = context.values.get(callerKey);
        if (caller === undefined) return { secret: await originalOtp.begin(login, origin), error: "" };
        const { id } = await ownAccountOf(store.auth.accounts, caller, login);
        const owner = { userId: id, clientId: caller.clientId, keep: { sessionId: caller.sessionId } };
        const { uri } = await ownAccount.beginFirstFactorOfFreshSignIn(owner, origin);
        return { secret: uri, error: "" };
      },
      ({ message }) => ({ secret: "", error: message }),
    );
}
