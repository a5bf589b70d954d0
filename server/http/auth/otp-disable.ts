import { z } from "zod";
import { writer } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/json-body.ts";
import { originOf } from "../kit/origin.ts";
import type { CallerRoute } from "../kit/route.ts";
import { otp, password } from "./account-fields.ts";
import { ownerOf } from "./account-owner.ts";

const body = z.object({ password, otp });

/** `POST /auth/otp/disable`: takes the second factor away, by password and a code. */
export function otpDisableRoute(ctx: HttpContext): CallerRoute {
  return {
    method: "POST",
    path: "/auth/otp/disable",
    access: writer,
    async handle(request, caller) {
      const given = readBody(body, request);
      const proof = { password: given.password, code: given.otp ?? undefined };
      await ctx.ownAccount.disableSecondFactor(ownerOf(ctx, request, caller), proof, originOf(request));
      return { message: "The second factor is off. All other sessions have ended." };
    },
  };
}
