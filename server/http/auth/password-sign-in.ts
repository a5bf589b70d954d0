import { z } from "zod";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { browserDoor } from "#server/domain/access/access.ts";
import { registrationClosed } from "#server/domain/accounts/accounts.ts";
import { readDeviceCookie, setDeviceCookie } from "../kit/cookies.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/parameters.ts";
import { originOf } from "../kit/origin.ts";
import { route, type Route } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { neededText, optionalText, otp } from "./account-fields.ts";
import { keepSession, personSession } from "./browser-session.ts";

const credentials = z.object({ login: neededText, password: neededText, otp });
const newAccount = z.object({
  login: neededText,
  password: neededText,
  display_name: optionalText,
  about: optionalText,
  email: optionalText,
});

/** Where a browser is signed in by login and password. */
export function passwordSignInRoutes(ctx: HttpContext): readonly Route[] {
  return [
    /** Makes an account, and signs this browser in to it. */
    route("POST", "/auth/register", browserDoor, async (request, reply) => {
      if (!ctx.config.auth.registrationOpen) throw registrationClosed();
      const wanted = readBody(newAccount, request);
      const registered = await ctx.accounts.registerAndSignIn(
        {
          login: wanted.login,
          password: wanted.password,
          displayName: wanted.display_name ?? undefined,
          about: wanted.about ?? undefined,
          email: wanted.email ?? undefined,
        },
        ctx.webSessions.starts(personSession(request, "registration")),
        originOf(request),
      );
      const { account } = registered;
      const answer = keepSession(ctx, { request, reply }, registered);
      ctx.logger.info("auth.registered", { userId: account.id, clientId: WEB_CLIENT_ID });
      return { ...toAccountBody(account), ...answer };
    }),
    /** By login (or e-mail address) and password, and a code where one is needed. */
    route("POST", "/auth/login", browserDoor, async (request, reply) => {
      const { login, password, otp: code } = readBody(credentials, request);
      const signedIn = await ctx.signIn.byPassword(
        {
          login,
          password,
          otp: code ?? undefined,
          deviceToken: readDeviceCookie(request),
          via: "web",
          clientId: WEB_CLIENT_ID,
        },
        ctx.webSessions.starts(personSession(request, "password")),
        originOf(request),
      );
      const answer = keepSession(ctx, { request, reply }, signedIn);
      setDeviceCookie(ctx.site, { request, reply }, signedIn.deviceToken);
      return { ...toAccountBody(signedIn.account), ...answer };
    }),
  ];
}
