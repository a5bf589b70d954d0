import { z } from "zod";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { anyone } from "#server/domain/access/access.ts";
import { originOf } from "../kit/origin.ts";
import type { OpenRoute } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { login, otp, password } from "./account-fields.ts";
import { readBody } from "../kit/json-body.ts";
import { accountHandler, setRate } from "./account-handler.ts";
import type { AccountRouteDeps } from "./account-route-deps.ts";
import { keepSession, personSession, refuseForeignPage } from "./browser-session.ts";

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
      const signedIn = await deps.signIn.byPassword(
        {
          login: given.login,
          password: given.password,
          otp: given.otp ?? undefined,
          deviceToken: deps.deviceCookie.read(request),
          via: "web",
          clientId: WEB_CLIENT_ID,
        },
        deps.webSessions.starts(personSession(request, "password")),
        originOf(request),
      );
      const answer = keepSession(deps, { request, reply }, signedIn);
      deps.deviceCookie.write(request, reply, signedIn.deviceToken);
      setRate(reply, signedIn.rate);
      return { ...toAccountBody(signedIn.account), ...answer };
    }),
  };
}
