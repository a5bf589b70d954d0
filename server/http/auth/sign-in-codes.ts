import type { SignInCodes } from "#server/domain/accounts/sign-in-codes.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import type { Route } from "../kit/route.ts";
import { requireProgram } from "./own-programs.ts";
import { signInAddress } from "./sign-in-address.ts";

export interface SignInCodesRouteDeps {
  readonly signInCodes: SignInCodes;
  readonly requireBearer: RequireCaller;
  /** Where people find the page, e.g. "http://127.0.0.1:8787". */
  readonly pageUrl: () => string;
}

/**
 * `POST /auth/sign-in-codes` with a bearer token: a code for the browser. Never by cookie: a page could then make
 * sign-ins that go on after its own has ended, and carry them away, which is what its cookie is there to prevent.
 */
export function signInCodesRoute(deps: SignInCodesRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/sign-in-codes",
    async handler(request) {
      const { userId, scope } = requireProgram(
        await deps.requireBearer(request),
        "Only the terminal client and the desktop app make sign-in codes.",
      );
      const { code, expiresAtMs } = await deps.signInCodes.issue({ userId, scope });
      return { code, expires_at: expiresAtMs, url: signInAddress(deps.pageUrl(), code) };
    },
  };
}
