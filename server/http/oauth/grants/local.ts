import { isLocalRequest } from "#server/net/peer.ts";
import type { HttpContext } from "#server/http/kit/http-context.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { granted, scopeFor, sessionRequest, type Grant } from "./grant.ts";

/**
 * The one-time secret of this server's data folder, from this very machine: only the operator's programs can read
 * it.
 */
export function createLocalGrant(ctx: HttpContext): Grant {
  return async (request) => {
    if (!isLocalRequest(request.request.raw)) {
      throw new OAuthError(
        "unauthorized_client",
        "This grant is only for clients on the server's own machine.",
        { reason: "not-local" },
      );
    }
    const secret = request.form.need("secret");
    const scope = scopeFor(request);
    // Before the secret is used up: a switched-off account must not cost it.
    const account = await ctx.localAccount.ensure();
    if (!(await ctx.bootstrapSecret.redeem(secret))) {
      throw new OAuthError("invalid_grant", "The secret is wrong or was used before. Read the file again.", {
        reason: "wrong-secret",
      });
    }
    const signedIn = await ctx.signIn.byEarlierProof(
      { userId: account.id, amr: ["local"] },
      ctx.sessions.starts(sessionRequest(request, { scope, grant: "local" })),
      request.origin,
    );
    return granted(signedIn, scope);
  };
}
