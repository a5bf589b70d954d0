import { PipitError } from "#contract/pipit-error.ts";
import { reader } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import type { CallerRoute } from "../kit/route.ts";
import { toAccountAnswer, toAccountBody } from "./account-answer.ts";

/** `GET /auth/me`: who is signed in, in the original's fields (docs/reference/accounts.md) and ours. */
export function meRoute({ store }: HttpContext): CallerRoute {
  return {
    method: "GET",
    path: "/auth/me",
    access: reader,
    async handle(_request, caller) {
      const account = await store.auth.accounts.findById(caller.userId);
      if (account === undefined || !account.active) {
        throw new PipitError("TOKEN_INVALID", "This account is switched off.");
      }
      return { ...toAccountBody(account), ...toAccountAnswer(account, caller.expiresAtMs ?? 0) };
    },
  };
}
