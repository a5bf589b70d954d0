import { PipitError } from "#contract/pipit-error.ts";
import type { AccountStore } from "#server/domain/accounts/ports.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import type { Route } from "../kit/route.ts";
import { toAccountAnswer, toAccountBody } from "./account-answer.ts";

export interface MeRouteDeps {
  readonly requireCaller: RequireCaller;
  readonly accounts: Pick<AccountStore, "findById">;
}

/** `GET /auth/me`: who is signed in, in the original's fields (wire-facts §5.1) and ours. */
export function meRoute(deps: MeRouteDeps): Route {
  return {
    method: "GET",
    path: "/auth/me",
    async handler(request) {
      const caller = await deps.requireCaller(request);
      const account = await deps.accounts.findById(caller.userId);
      if (account === undefined || !account.active) {
        throw new PipitError("TOKEN_INVALID", "This account is switched off.");
      }
      return { ...toAccountBody(account), ...toAccountAnswer(account, caller.expiresAtMs ?? 0) };
    },
  };
}
