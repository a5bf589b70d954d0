import { z } from "zod";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { registrationClosed } from "#server/domain/accounts/accounts.ts";
import { anyone } from "#server/domain/access/access.ts";
import { originOf } from "../kit/origin.ts";
import type { OpenRoute } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { login, optionalText, password } from "./account-fields.ts";
import { readBody } from "../kit/json-body.ts";
import { accountHandler } from "./account-handler.ts";
import type { AccountRouteDeps } from "./account-route-deps.ts";
import { keepSession, personSession, refuseForeignPage } from "./browser-session.ts";

const body = z.object({
  login,
  password,
  display_name: optionalText,
  about: optionalText,
  email: optionalText,
});

/** `POST /auth/register`: makes an account, and signs this browser in to it. */
export function registerRoute(deps: AccountRouteDeps): OpenRoute {
  return {
    method: "POST",
    path: "/auth/register",
    access: anyone,
    handle: accountHandler(async (request, reply) => {
      refuseForeignPage(deps.site, request);
      if (!deps.registrationOpen) throw registrationClosed();
      const wanted = readBody(body, request);
      const registered = await deps.accountService.registerAndSignIn(
        {
          login: wanted.login,
          password: wanted.password,
          displayName: wanted.display_name ?? undefined,
          about: wanted.about ?? undefined,
          email: wanted.email ?? undefined,
        },
        deps.webSessions.starts(personSession(request, "registration")),
        originOf(request),
      );
      const { account } = registered;
      const answer = keepSession(deps, { request, reply }, registered);
      deps.logger.info("auth.registered", { userId: account.id, clientId: WEB_CLIENT_ID });
      return { ...toAccountBody(account), ...answer };
    }),
  };
}
