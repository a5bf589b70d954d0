import type { Account } from "#server/domain/accounts/ports.ts";
import type { Clock } from "#contract/clock.ts";
import type { BootstrapSecret } from "#server/domain/tokens/bootstrap-secret.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import { peerOf } from "#server/net/peer.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { scopeFor, startUserSession, type Grant } from "./grant.ts";

export interface LocalGrantDeps {
  readonly bootstrapSecret: BootstrapSecret;
  /** Throws when it is switched off. */
  readonly localAccount: () => Promise<Account>;
  readonly sessions: Pick<Sessions, "start">;
  readonly clock: Clock;
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
    return startUserSession(deps.sessions, request, {
      account,
      scope,
      grant: "local",
      authTimeMs: deps.clock.nowMs(),
      amr: ["local"],
    });
  };
}
