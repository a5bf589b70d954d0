import type { ServiceImpl } from "@connectrpc/connect";
import type { Auth } from "#proto/auth_pb.ts";
import type { Accounts } from "#server/domain/accounts/accounts.ts";
import { answerInField } from "../answer-in-field.ts";
import { originKey } from "../origin-context.ts";

export interface RegisterDeps {
  readonly accounts: Pick<Accounts, "register">;
}

/** Makes an account by the same rules as everywhere; a login that is taken is "Login already exists". */
export function createRegister({ accounts }: RegisterDeps): ServiceImpl<typeof Auth>["register"] {
  return ({ login, password }, context) =>
    answerInField(
      async () => {
        await accounts.register({ login, password }, context.values.get(originKey));
        return { success: true, error: "" };
      },
      ({ message }) => ({ success: false, error: message }),
    );
}
