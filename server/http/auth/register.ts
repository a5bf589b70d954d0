import { z } from "zod";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { registrationClosed } from "#server/domain/accounts/accounts.ts";
import { browserDoor } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import type { OpenRoute } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { login, optionalText, password } from "./account-fields.ts";
import { readBody } from "../kit/json-body.ts";
import { keepSession, personSession } from "./browser-session.ts";

const body = z.object({
  login,
  password,
  display_name: optionalText,
  about: optionalText,
  email: optionalText,
});

/** `POST /auth/register`: makes an account, and signs this browser in to it. */
export function registerRoute(ctx: HttpContext): OpenRoute {
  return {
    method: "POST",
    path: "/auth/register",
    access: browserDoor,
    async handle(request, reply) {
      if (!ctx.config.auth.registrationOpen) throw registrationClosed();
      const wanted = readBody(body, request);
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
    },
  };
}
