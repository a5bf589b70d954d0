import { z } from "zod";
import { originOf } from "../kit/origin.ts";
import type { Route } from "../kit/route.ts";
import { accountHandler, readBody } from "./account-handler.ts";
import { requireOwner, type AccountRouteDeps } from "./account-route-deps.ts";

const body = z.object({ otp: z.string({ message: "must be given, as a text" }).max(100) });

/** `POST /auth/otp/confirm`: puts the second factor in force; the recovery codes are shown this once. */
export function otpConfirmRoute(deps: AccountRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/otp/confirm",
    handler: accountHandler(async (request) => {
      const { userId, keep } = await requireOwner(deps, request);
      const { otp } = readBody(body, request);
      return { recovery_codes: await deps.secondFactor.confirm(userId, otp, keep, originOf(request)) };
    }),
  };
}
