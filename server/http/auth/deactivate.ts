import { z } from "zod";
import { originOf } from "../kit/origin.ts";
import type { Route } from "../kit/route.ts";
import { clearSessionCookie } from "../kit/session-cookie.ts";
import { otp, password } from "./account-fields.ts";
import { accountHandler, readBody } from "./account-handler.ts";
import { requireOwner, type AccountRouteDeps } from "./account-route-deps.ts";

const body = z.object({ password, otp });

/** `POST /auth/deactivate`: switches the account off, by password and a code where one is needed; ends all its sessions. */
export function deactivateRoute(deps: AccountRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/deactivate",
    handler: accountHandler(async (request, reply) => {
      const owner = await requireOwner(deps, request);
      const given = readBody(body, request);
      const proof = { password: given.password, code: given.otp ?? undefined };
      await deps.ownAccount.deactivate(owner, proof, originOf(request));
      clearSessionCookie(reply, deps.site.needsSecureCookie(request.headers));
      return { message: "The account is switched off. All its sessions have ended." };
    }),
  };
}
