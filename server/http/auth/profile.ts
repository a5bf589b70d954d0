import { z } from "zod";
import { writer } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/json-body.ts";
import { originOf } from "../kit/origin.ts";
import type { CallerRoute } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { optionalText } from "./account-fields.ts";

const body = z.object({ display_name: optionalText, about: optionalText, email: optionalText });

/** `PUT /auth/profile`: changes what is given; an empty text or null takes `about` or `email` away. */
export function profileRoute(ctx: HttpContext): CallerRoute {
  return {
    method: "PUT",
    path: "/auth/profile",
    access: writer,
    async handle(request, { userId }) {
      const wanted = readBody(body, request);
      const change = {
        displayName: wanted.display_name ?? undefined,
        about: wanted.about === null ? "" : wanted.about,
        email: wanted.email === null ? "" : wanted.email,
      };
      return toAccountBody(await ctx.accounts.updateProfile(userId, change, originOf(request)));
    },
  };
}
