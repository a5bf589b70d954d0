import { z } from "zod";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { anyone } from "#server/domain/access/access.ts";
import { FULL_SCOPE, scopesOf } from "#server/domain/tokens/scopes.ts";
import { originOf } from "../kit/origin.ts";
import type { OpenRoute } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { login, otp, password } from "./account-fields.ts";
import { readBody } from "../kit/json-body.ts";
import { accountHandler, setRate } from "./account-handler.ts";
import type { AccountRouteDeps } from "./account-route-deps.ts";
import { refuseForeignPage, startSession } from "./start-session.ts";

const body = z.object({ login, password, otp });

/** `POST /auth/login`: signs this browser in by login (or e-mail address) and password, and a code where one is needed. */
export function loginRoute(deps: AccountRouteDeps): OpenRoute {
  return {
    method: "POST",
    path: "/auth/login",
    access: anyone,
    handle: accountHandler(async (request, reply) => {
      refuseForeignPage(deps.site, request);
      const given = readBody(body, request);
      const signedIn = await deps.passwordSignIn.signIn(
        {
          login: given.login,
          password: given.password,
          otp: given.otp ?? undefined,
          deviceToken: deps.deviceCookie.read(request),
          via: "web",
          clientId: WEB_CLIENT_ID,
        },
        originOf(request),
      );
      const { account } = signedIn;
      const answer = await startSession(
        deps,
        { request, reply },
        { userId: account.id, scope: scopesOf(FULL_SCOPE), grant: "password" },
        () => deps.passwordSignIn.stillHolds(signedIn),
      );
      deps.deviceCookie.write(request, reply, signedIn.deviceToken);
      setRate(reply, signedIn.rate);
      return { ...toAccountBody(account), ...answer };
    }),
  };
}
