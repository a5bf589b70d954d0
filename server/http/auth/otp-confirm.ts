import { z } from "zod";
import { writer } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/json-body.ts";
import { originOf } from "../kit/origin.ts";
import type { CallerRoute } from "../kit/route.ts";
import { ownerOf } from "./account-owner.ts";

const body = z.object({ otp: z.string({ message: "must be given, as a text" }).max(100) });

/** `POST /auth/otp/confirm`: puts the second factor in force; the recovery codes are shown this once. */
export function otpConfirmRoute(ctx: HttpContext): CallerRoute {
  return {
    method: "POST",
    path: "/auth/otp/confirm",
    access: writer,
    async handle(request, caller) {
      const { userId, keep } = ownerOf(ctx, request, caller);
      const { otp } = readBody(body, request);
      return { recovery_codes: await ctx.secondFactor.confirm(userId, otp, keep, originOf(request)) };
    },
  };
}
