import { anyone } from "#server/domain/access/access.ts";
import { JWKS_MAX_AGE_SECONDS } from "#server/domain/tokens/key-rotation.ts";
import { TOKEN_ALGORITHMS, type GrantType } from "#server/domain/tokens/ports.ts";
import { KNOWN_SCOPES } from "#server/domain/tokens/scopes.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type OpenRoute } from "../kit/route.ts";

/** How long clients may keep it: nothing in it changes without a new start. */
const MAX_AGE_SECONDS = 3600;

const CLIENT_AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post"] as const;
/** A client that asks about other clients' tokens must authenticate. */
const INTROSPECTION_AUTH_METHODS = ["client_secret_basic", "client_secret_post"] as const;

/** Of ID tokens and of userinfo. */
const CLAIMS =
  "iss sub aud exp iat auth_time nonce amr at_hash sid name preferred_username updated_at email email_verified";

/** What clients learn of this server, and with what they check its tokens. */
export function discoveryRoutes(
  ctx: Pick<HttpContext, "pageUrl"> & {
    readonly config: Pick<HttpContext["config"], "issuer"> & {
      readonly auth: Pick<HttpContext["config"]["auth"], "registrationOpen">;
    };
    readonly signingKeys: Pick<HttpContext["signingKeys"], "jwks">;
  },
  grantTypes: readonly GrantType[],
): readonly OpenRoute[] {
  const { issuer, auth } = ctx.config;
  const metadata = async () => ({
    ...metadataOf(issuer, ctx.pageUrl(), grantTypes),
    // Of our own programs: whether people may make accounts (docs/reference/oauth.md).
    pipit_registration_supported: auth.registrationOpen,
  });
  return [
    /** The public halves of the signing keys (RFC 7517). */
    publicRoute("/.well-known/jwks.json", JWKS_MAX_AGE_SECONDS, () => ctx.signingKeys.jwks()),
    // One document for both.
    publicRoute("/.well-known/openid-configuration", MAX_AGE_SECONDS, metadata),
    publicRoute("/.well-known/oauth-authorization-server", MAX_AGE_SECONDS, metadata),
  ];
}

/** Clients in pages of other sites read it as well; there is nothing secret in it. */
function publicRoute(path: string, maxAgeSeconds: number, read: () => Promise<unknown>): OpenRoute {
  return route("GET", path, anyone, (_request, reply) => {
    reply.header("access-control-allow-origin", "*").header("cross-origin-resource-policy", "cross-origin");
    reply.header("cache-control", `public, max-age=${maxAgeSeconds}`);
    return read();
  });
}

/**
 * RFC 8414 §2, OpenID Connect Discovery §3: what is switched on, and nothing else.
 *
 * @param issuer the `iss` of every token, character by character (RFC 8414 §3.3)
 * @param baseUrl origin by which clients reach the server
 * @param grantTypes those that the token endpoint answers
 */
function metadataOf(issuer: string, baseUrl: string, grantTypes: readonly GrantType[]) {
  const at = (path: string): string => `${baseUrl}${path}`;
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
