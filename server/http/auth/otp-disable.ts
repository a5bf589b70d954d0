import { z } from "zod";
import { originOf } from "../kit/origin.ts";
import type { Route } from "../kit/route.ts";
import { otp, password } from "./account-fields.ts";
import { accountHandler, readBody } from "./account-handler.ts";
import { requireOwner, type AccountRouteDeps } from "./account-route-deps.ts";

const body = z.object({ password, otp });

/** `POST /auth/otp/disable`: takes the second factor away, by password and a code. */
export function otpDisableRoute(deps: AccountRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/otp/disable",
    handler: accountHandler(async (request) => {
      const owner = await requireOwner(deps, request);
      const given = readBody(body, request);
      const proof = { password: given.password, code: given.otp ?? undefined };
      await deps.ownAccount.disableSecondFactor(owner, proof, originOf(request));
      return { message: "The second factor is off. All other sessions have ended." };
    }),
  };
}
