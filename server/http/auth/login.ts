import { z } from "zod";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { browserDoor } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import type { OpenRoute } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { login, otp, password } from "./account-fields.ts";
import { readBody } from "../kit/json-body.ts";
import { keepSession, personSession } from "./browser-session.ts";

const body = z.object({ login, password, otp });

/** `POST /auth/login`: signs this browser in by login (or e-mail address) and password, and a code where one is needed. */
export function loginRoute(ctx: HttpContext): OpenRoute {
  return {
    method: "POST",
    path: "/auth/login",
    access: browserDoor,
    async handle(request, reply) {
      const given = readBody(body, request);
      const signedIn = await ctx.signIn.byPassword(
        {
          login: given.login,
          password: given.password,
          otp: given.otp ?? undefined,
          deviceToken: ctx.deviceCookie.read(request),
          via: "web",
          clientId: WEB_CLIENT_ID,
        },
        ctx.webSessions.starts(personSession(request, "password")),
        originOf(request),
      );
      const answer = keepSession(ctx, { request, reply }, signedIn);
      ctx.deviceCookie.write(request, reply, signedIn.deviceToken);
      return { ...toAccountBody(signedIn.account), ...answer };
    },
  };
}
