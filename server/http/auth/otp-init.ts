import { z } from "zod";
import { originOf } from "../kit/origin.ts";
import type { Route } from "../kit/route.ts";
import { otp, password } from "./account-fields.ts";
import { accountHandler, readBody } from "./account-handler.ts";
import { requireOwner, type AccountRouteDeps } from "./account-route-deps.ts";

const body = z.object({ password, otp });

/** `POST /auth/otp/init`: a fresh secret for an authenticator app, by password; to replace one in force, by its code too. */
export function otpInitRoute(deps: AccountRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/otp/init",
    handler: accountHandler(async (request) => {
      const owner = await requireOwner(deps, request);
      const given = readBody(body, request);
      const proof = { password: given.password, code: given.otp ?? undefined };
      const enrolment = await deps.ownAccount.beginSecondFactor(owner, proof, originOf(request));
      return {
        uri: enrolment.uri,
        secret: enrolment.secret,
        qr_svg: enrolment.qrSvg,
        qr_terminal: enrolment.qrTerminal,
      };
    }),
  };
}
