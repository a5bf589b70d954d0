import { ownProgram } from "#server/domain/access/access.ts";
import { issueSignInCode } from "#server/domain/accounts/sign-in-codes.ts";
import type { HttpContext } from "../kit/http-context.ts";
import type { CallerRoute } from "../kit/route.ts";
import { signInAddress } from "./sign-in-address.ts";

/**
 * `POST /auth/sign-in-codes` with a bearer token: a code for the browser. Never by cookie: a script in the page could
 * then take a sign-in away that outlives the page's own, which the HttpOnly cookie is there to prevent.
 */
export function signInCodesRoute({ store, pageUrl }: HttpContext): CallerRoute {
  return {
    method: "POST",
    path: "/auth/sign-in-codes",
    access: ownProgram,
    async handle(_request, { userId, scope, sessionId }) {
      const { code, expiresAtMs } = await issueSignInCode(store.auth, { userId, scope, sessionId });
      return { code, expires_at: expiresAtMs, url: signInAddress(pageUrl(), code) };
    },
  };
}
