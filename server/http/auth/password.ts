import { z } from "zod";
import { writer } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/json-body.ts";
import { originOf } from "../kit/origin.ts";
import type { CallerRoute } from "../kit/route.ts";
import { password } from "./account-fields.ts";
import { ownerOf } from "./account-owner.ts";

const body = z.object({ old_password: password, new_password: password });

/** `PUT /auth/password`: ends all other sessions of the account. */
export function passwordRoute(ctx: HttpContext): CallerRoute {
  return {
    method: "PUT",
    path: "/auth/password",
    access: writer,
    async handle(request, caller, reply) {
      const owner = ownerOf(ctx, request, caller);
      const given = readBody(body, request);
      const passwords = { oldPassword: given.old_password, newPassword: given.new_password };
      const { deviceToken } = await ctx.ownAccount.changePassword(owner, passwords, originOf(request));
      if (owner.keep.webSessionHash !== undefined) ctx.deviceCookie.write(request, reply, deviceToken);
      return { message: "Password changed. All other sessions have ended." };
    },
  };
}
