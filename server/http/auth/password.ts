import { z } from "zod";
import { originOf } from "../kit/origin.ts";
import type { Route } from "../kit/route.ts";
import { password } from "./account-fields.ts";
import { accountHandler, readBody } from "./account-handler.ts";
import { requireOwner, type AccountRouteDeps } from "./account-route-deps.ts";

const body = z.object({ old_password: password, new_password: password });

/** `PUT /auth/password`: ends all other sessions of the account. */
export function passwordRoute(deps: AccountRouteDeps): Route {
  return {
    method: "PUT",
    path: "/auth/password",
    handler: accountHandler(async (request, reply) => {
      const owner = await requireOwner(deps, request);
      const given = readBody(body, request);
      const passwords = { oldPassword: given.old_password, newPassword: given.new_password };
      const { deviceToken } = await deps.ownAccount.changePassword(owner, passwords, originOf(request));
      if (owner.keep.webSessionHash !== undefined) deps.deviceCookie.write(request, reply, deviceToken);
      return { message: "Password changed. All other sessions have ended." };
    }),
  };
}
