import { scopesOf } from "#server/domain/tokens/scopes.ts";
import type { HttpContext } from "#server/http/kit/http-context.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { scopeFor, type Grant } from "./grant.ts";

/** Scopes about a user; a client by itself has none. */
const personal: ReadonlySet<string> = new Set(["openid", "profile", "email", "offline_access"]);

/** RFC 6749 §4.4: a confidential client for itself, without a refresh token (§4.4.3). Asks for nothing: gets all it may. */
export function createClientCredentialsGrant({ store, time }: HttpContext): Grant {
  return async (request) => {
    const { client, form, origin } = request;
    if (!client.confidential) {
      throw new OAuthError("unauthorized_client", "This grant is for clients with a secret.", {
        reason: "public-client",
      });
    }
    const asked = form.get("scope") === undefined ? client.scope : scopeFor(request);
    const scope = scopesOf(asked)
      .filter((one) => !personal.has(one))
      .join(" ");
    if (scope === "") {
      throw new OAuthError("invalid_scope", "A client by itself gets scopes of the API only.", {
        reason: "personal-scope",
      });
    }
    time.requireRight();
    await store.auth.audit.append(
      {
        event: "token.issued",
        outcome: "success",
        clientId: client.clientId,
        data: { grant: "client_credentials", scope },
      },
      origin,
    );
    return { kind: "client", scope };
  };
}
