import type { AllClientMetadata } from "oidc-provider";
import type { OauthClient } from "#server/domain/tokens/ports.ts";

/** Our own properties of a client in oidc-provider, beside those of the specifications. */
export const CLIENT_PROPERTIES = ["pipit_first_party", "pipit_confidential"] as const;

/** What the interactive part knows of grants; the others are the token endpoint's alone. */
const INTERACTIVE_GRANTS: ReadonlySet<string> = new Set([
  "authorization_code",
  "refresh_token",
  "urn:ietf:params:oauth:grant-type:device_code",
]);

export interface ClientMetadata extends AllClientMetadata {
  readonly client_id: string;
  readonly pipit_first_party: boolean;
  readonly pipit_confidential: boolean;
}

/**
 * A client of ours as oidc-provider wants it (OpenID Connect Registration §2). `token_endpoint_auth_method` is "none"
 * for all: the library sees no secrets, because no endpoint of it that authenticates clients is reachable without
 * authentication by ours first.
 */
export function toClientMetadata(client: OauthClient): ClientMetadata {
  const usesCode = client.grantTypes.includes("authorization_code") && client.redirectUris.length > 0;
  return {
    client_id: client.clientId,
    client_name: client.name,
    // Native: a loopback redirect matches with any port (RFC 8252 §7.3).
    application_type: client.applicationType,
    token_endpoint_auth_method: "none",
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    grant_types: client.grantTypes.filter(
      (grant) => INTERACTIVE_GRANTS.has(grant) && (usesCode || grant !== "authorization_code"),
    ),
    response_types: usesCode ? ["code"] : [],
    scope: client.scope,
    id_token_signed_response_alg: "RS256",
    pipit_first_party: client.firstParty,
    pipit_confidential: client.confidential,
  };
}

/** Whether a property of {@link CLIENT_PROPERTIES} is set; for oidc-provider's clients, whose type does not name them. */
export function hasProperty(client: object | undefined, name: (typeof CLIENT_PROPERTIES)[number]): boolean {
  return (client as Readonly<Record<string, unknown>> | undefined)?.[name] === true;
}
