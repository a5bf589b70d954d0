import type { Route } from "../kit/route.ts";
import type { AccountRouteDeps } from "./account-route-deps.ts";
import { deactivateRoute } from "./deactivate.ts";
import { createDeviceCookie } from "./device-cookie.ts";
import { loginRoute } from "./login.ts";
import { otpConfirmRoute } from "./otp-confirm.ts";
import { otpDisableRoute } from "./otp-disable.ts";
import { otpInitRoute } from "./otp-init.ts";
import { passwordRoute } from "./password.ts";
import { profileRoute } from "./profile.ts";
import { registerRoute } from "./register.ts";

/** What people do with their own account (contracts §4). */
export function accountRoutes(given: Omit<AccountRouteDeps, "deviceCookie">): readonly Route[] {
  const deps: AccountRouteDeps = { ...given, deviceCookie: createDeviceCookie(given.site) };
  return [
    registerRoute(deps),
    loginRoute(deps),
    profileRoute(deps),
    passwordRoute(deps),
    otpInitRoute(deps),
    otpConfirmRoute(deps),
    otpDisableRoute(deps),
    deactivateRoute(deps),
  ];
}
