import { z } from "zod";
import { writer } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/json-body.ts";
import { originOf } from "../kit/origin.ts";
import type { CallerRoute } from "../kit/route.ts";
import { clearSessionCookie } from "../kit/session-cookie.ts";
import { otp, password } from "./account-fields.ts";
import { ownerOf } from "./account-owner.ts";

const body = z.object({ password, otp });

/** `POST /auth/deactivate`: switches the account off, by password and a code where one is needed; ends all its sessions. */
export function deactivateRoute(ctx: HttpContext): CallerRoute {
  return {
    method: "POST",
    path: "/auth/deactivate",
    access: writer,
    async handle(request, caller, reply) {
      const given = readBody(body, request);
      const proof = { password: given.password, code: given.otp ?? undefined };
      await ctx.ownAccount.deactivate(ownerOf(ctx, request, caller), proof, originOf(request));
      clearSessionCookie(reply, ctx.site.needsSecureCookie(request.headers));
      return { message: "The account is switched off. All its sessions have ended." };
    },
  };
}
