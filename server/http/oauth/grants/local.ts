import type { Account } from "#server/domain/accounts/ports.ts";
import type { BootstrapSecret } from "#server/domain/tokens/bootstrap-secret.ts";
import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import { peerOf } from "#server/net/peer.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { granted, scopeFor, sessionRequest, type Grant } from "./grant.ts";

export interface LocalGrantDeps {
  readonly bootstrapSecret: BootstrapSecret;
  /** Throws when it is switched off. */
  readonly localAccount: () => Promise<Account>;
  readonly sessions: Pick<Sessions, "starts">;
  readonly signIn: Pick<SignIn, "byEarlierProof">;
}

/**
 * The one-time secret of this server's data folder, from this very machine: whoever can read it is the person who runs
 * the server.
 */
export function createLocalGrant(deps: LocalGrantDeps): Grant {
  return async (request) => {
    if (!peerOf(request.request.raw).local) {
      throw new OAuthError(
        "unauthorized_client",
        "This grant is only for clients on the server's own machine.",
        { reason: "not-local" },
      );
    }
    const secret = request.form.need("secret");
    const scope = scopeFor(request);
    // Before the secret is used up: a switched-off account must not cost it.
    const account = await deps.localAccount();
    if (!(await deps.bootstrapSecret.redeem(secret))) {
      throw new OAuthError("invalid_grant", "The secret is wrong or was used before. Read the file again.", {
        reason: "wrong-secret",
      });
    }
    const signedIn = await deps.signIn.byEarlierProof(
      { userId: account.id, amr: ["local"] },
      deps.sessions.starts(sessionRequest(request, { scope, grant: "local" })),
      request.origin,
    );
    return granted(signedIn, scope);
  };
}
