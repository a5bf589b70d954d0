import type { ServiceImpl } from "@connectrpc/connect";
import type { Auth } from "#proto/auth_pb.ts";
import { registrationClosed, type Accounts } from "#server/domain/accounts/accounts.ts";
import { answerInField } from "../kit/answer-in-field.ts";
import { originKey } from "../kit/origin-context.ts";

export interface RegisterDeps {
  readonly accounts: Pick<Accounts, "register">;
  /** Whether strangers may make accounts (PIPIT_REGISTRATION). */
  readonly registrationOpen: boolean;
}

/** Makes an account by the same rules as everywhere; a login that is taken is "Login already exists". */
export function createRegister({
  accounts,
  registrationOpen,
}: RegisterDeps): ServiceImpl<typeof Auth>["register"] {
  return ({ login, password }, context) =>
    answerInField(
      async () => {
        if (!registrationOpen) throw registrationClosed();
        await accounts.register({ login, password }, context.values.get(originKey));
        return { success: true, error: "" };
      },
      ({ message }) => ({ success: false, error: message }),
    );
}
