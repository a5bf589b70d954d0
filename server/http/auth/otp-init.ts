import { z } from "zod";
import { writer } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/json-body.ts";
import { originOf } from "../kit/origin.ts";
import type { CallerRoute } from "../kit/route.ts";
import { otp, password } from "./account-fields.ts";
import { ownerOf } from "./account-owner.ts";

const body = z.object({ password, otp });

/** `POST /auth/otp/init`: a fresh secret for an authenticator app, by password; to replace one in force, by its code too. */
export function otpInitRoute(ctx: HttpContext): CallerRoute {
  return {
    method: "POST",
    path: "/auth/otp/init",
    access: writer,
    async handle(request, caller) {
      const owner = ownerOf(ctx, request, caller);
      const given = readBody(body, request);
      const proof = { password: given.password, code: given.otp ?? undefined };
      const enrolment = await ctx.ownAccount.beginSecondFactor(owner, proof, originOf(request));
      return {
        uri: enrolment.uri,
        secret: enrolment.secret,
        qr_svg: enrolment.qrSvg,
        qr_terminal: enrolment.qrTerminal,
      };
    },
  };
}
