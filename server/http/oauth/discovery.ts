import { anyone } from "#server/domain/access/access.ts";
import { TOKEN_ALGORITHMS, type GrantType } from "#server/domain/tokens/ports.ts";
import { KNOWN_SCOPES } from "#server/domain/tokens/scopes.ts";
import { route, type OpenRoute } from "../kit/route.ts";

/** How long clients may keep it: nothing in it changes without a new start. */
const MAX_AGE_SECONDS = 3600;

const CLIENT_AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post"] as const;
/** A client that asks about other clients' tokens must authenticate. */
const INTROSPECTION_AUTH_METHODS = ["client_secret_basic", "client_secret_post"] as const;

/** Of ID tokens and of userinfo. */
const CLAIMS =
  "iss sub aud exp iat auth_time nonce amr at_hash sid name preferred_username updated_at email email_verified";

export interface DiscoveryDeps {
  /** The `iss` of every token, character by character (RFC 8414 §3.3). */
  readonly issuer: string;
  /** Origin by which clients reach the server, known once the port is open. */
  readonly baseUrl: () => string;
  /** The grants that the token endpoint answers. */
  readonly grantTypes: readonly GrantType[];
}

/** What clients learn of this server (RFC 8414 §2, OpenID Connect Discovery §3): what is switched on, and nothing else. */
interface Metadata extends Readonly<Record<string, unknown>> {
  readonly issuer: string;
}

/** `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`: one document for both. */
export function discoveryRoutes(deps: DiscoveryDeps): readonly OpenRoute[] {
  return ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"].map((path) =>
    route("GET", path, anyone, async (_request, reply) => {
      reply.header("cache-control", `public, max-age=${MAX_AGE_SECONDS}`);
      // Clients in pages of other sites read it as well; there is nothing secret in it.
      reply.header("access-control-allow-origin", "*").header("cross-origin-resource-policy", "cross-origin");
      return metadataOf(deps);
    }),
  );
}

function metadataOf({ issuer, baseUrl, grantTypes }: DiscoveryDeps): Metadata {
  const at = (path: string): string => `${baseUrl()}${path}`;
  const codes = grantTypes.includes("authorization_code");
  const devices = grantTypes.includes("urn:ietf:params:oauth:grant-type:device_code");
  return {
    issuer,
    ...(codes && {
      authorization_endpoint: at("/oauth/authorize"),
      end_session_endpoint: at("/oauth/logout"),
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ["S256"],
      prompt_values_supported: ["none", "login", "consent"],
      ui_locales_supported: ["en", "ru"],
    }),
    ...(devices && { device_authorization_endpoint: at("/oauth/device_authorization") }),
    token_endpoint: at("/oauth/token"),
    introspection_endpoint: at("/oauth/introspect"),
    revocation_endpoint: at("/oauth/revoke"),
    userinfo_endpoint: at("/oauth/userinfo"),
    jwks_uri: at("/.well-known/jwks.json"),
    response_types_supported: codes ? ["code"] : [],
    response_modes_supported: codes ? ["query"] : [],
    grant_types_supported: [...grantTypes],
    scopes_supported: [...KNOWN_SCOPES],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    // Of access tokens, per client; not part of any RFC's list.
    access_token_signing_alg_values_supported: [...TOKEN_ALGORITHMS],
    token_endpoint_auth_methods_supported: [...CLIENT_AUTH_METHODS],
    revocation_endpoint_auth_methods_supported: [...CLIENT_AUTH_METHODS],
    introspection_endpoint_auth_methods_supported: [...INTROSPECTION_AUTH_METHODS],
    claim_types_supported: ["normal"],
    claims_supported: CLAIMS.split(" "),
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  };
}
