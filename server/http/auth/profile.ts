import { z } from "zod";
import { originOf } from "../kit/origin.ts";
import type { Route } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { optionalText } from "./account-fields.ts";
import { accountHandler, readBody } from "./account-handler.ts";
import { requireOwner, type AccountRouteDeps } from "./account-route-deps.ts";

const body = z.object({ display_name: optionalText, about: optionalText, email: optionalText });

/** `PUT /auth/profile`: changes what is given; an empty text or null takes `about` or `email` away. */
export function profileRoute(deps: AccountRouteDeps): Route {
  return {
    method: "PUT",
    path: "/auth/profile",
    handler: accountHandler(async (request) => {
      const { userId } = await requireOwner(deps, request);
      const wanted = readBody(body, request);
      const change = {
        displayName: wanted.display_name ?? undefined,
        about: wanted.about === null ? "" : wanted.about,
        email: wanted.email === null ? "" : wanted.email,
      };
      return toAccountBody(await deps.accountService.updateProfile(userId, change, originOf(request)));
    }),
  };
}
