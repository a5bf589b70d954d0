import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import type { GrantType } from "#server/domain/tokens/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import type { Route } from "../kit/route.ts";
import { discoveryRoutes } from "./discovery.ts";
import { createClientCredentialsGrant } from "./grants/client-credentials.ts";
import type { CodeRedeemer } from "./grants/code-redeemer.ts";
import { createAuthorizationCodeGrant, createDeviceGrant } from "./grants/codes.ts";
import type { Grant, Grants } from "./grants/grant.ts";
import { createLocalGrant } from "./grants/local.ts";
import { createPasswordGrant } from "./grants/password.ts";
import { createRefreshGrant } from "./grants/refresh.ts";
import { introspectRoute } from "./introspect.ts";
import { createOidc } from "./oidc/create-oidc.ts";
import { revokeRoute } from "./revoke.ts";
import { sessionsRoutes } from "./sessions.ts";
import { tokenRoute } from "./token.ts";
import { userinfoRoutes } from "./userinfo.ts";

/** OAuth and OpenID Connect: what programs ask, and the pages for users. */
export function oauthRoutes(ctx: HttpContext): readonly Route[] {
  const oidc = createOidc(ctx);
  const grants = createGrants(ctx, oidc);
  return [
    ...discoveryRoutes(ctx, [...grants.keys()]),
    ...oidc.routes,
    tokenRoute(ctx, grants),
    revokeRoute(ctx),
    introspectRoute(ctx),
    ...userinfoRoutes(ctx),
    ...sessionsRoutes(ctx),
  ];
}

/** In the order of the discovery document. */
function createGrants(ctx: HttpContext, redeemer: CodeRedeemer): Grants {
  const codes = { ...ctx, redeemer };
  return new Map<GrantType, Grant>([
    ["authorization_code", createAuthorizationCodeGrant(codes)],
    ["refresh_token", createRefreshGrant(ctx)],
    ["client_credentials", createClientCredentialsGrant(ctx)],
    ["urn:ietf:params:oauth:grant-type:device_code", createDeviceGrant(codes)],
    ...(ctx.config.auth.programsTakePasswords ? [["password", createPasswordGrant(ctx)] as const] : []),
    [LOCAL_GRANT_TYPE, createLocalGrant(ctx)],
  ]);
}
