import type { ServiceImpl } from "@connectrpc/connect";
import type { Auth } from "#proto/auth_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { registrationClosed } from "#server/domain/accounts/accounts.ts";
import { answerInField } from "../kit/answer-in-field.ts";
import { originKey } from "../kit/call-context.ts";

/** Makes an account by the same rules as everywhere; a login that is taken is "Login already exists". */
export function createRegister({ accounts, config }: ServerContext): ServiceImpl<typeof Auth>["register"] {
  return ({ login, password }, context) =>
    answerInField(
      async () => {
        if (!config.auth.registrationOpen) throw registrationClosed();
        await accounts.register({ login, password }, context.values.get(originKey));
        return { success: true, error: "" };
      },
      ({ message }) => ({ success: false, error: message }),
    );
}
