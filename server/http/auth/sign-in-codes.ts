import { PipitError } from "#contract/pipit-error.ts";
import { CLI_CLIENT_ID, DESKTOP_CLIENT_ID } from "#contract/auth-wire.ts";
import type { SignInCodes } from "#server/domain/accounts/sign-in-codes.ts";
import type { RequireCaller } from "../require-caller.ts";
import type { Route } from "../route.ts";
import { signInAddress } from "./sign-in-address.ts";

/** The programs that a person runs beside a browser. */
const programs: ReadonlySet<string> = new Set([CLI_CLIENT_ID, DESKTOP_CLIENT_ID]);

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
      const { clientId, userId, scope } = await deps.requireBearer(request);
      if (!programs.has(clientId)) {
        throw new PipitError(
          "NOT_ALLOWED",
          "Only the terminal client and the desktop app make sign-in codes.",
        );
      }
      const { code, expiresAtMs } = await deps.signInCodes.issue({ userId, scope });
      return { code, expires_at: expiresAtMs, url: signInAddress(deps.pageUrl(), code) };
    },
  };
}
