import { ownProgram } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import type { CallerRoute } from "../kit/route.ts";
import { signInAddress } from "./sign-in-address.ts";

/**
 * `POST /auth/sign-in-codes` with a bearer token: a code for the browser. Never by cookie: a page could then make
 * sign-ins that go on after its own has ended, and carry them away, which is what its cookie is there to prevent.
 */
export function signInCodesRoute({ signInCodes, pageUrl }: HttpContext): CallerRoute {
  return {
    method: "POST",
    path: "/auth/sign-in-codes",
    access: ownProgram,
    async handle(_request, { userId, scope }) {
      const { code, expiresAtMs } = await signInCodes.issue({ userId, scope });
      return { code, expires_at: expiresAtMs, url: signInAddress(pageUrl(), code) };
    },
  };
}
