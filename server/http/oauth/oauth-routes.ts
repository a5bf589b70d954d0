import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import type { GrantType } from "#server/domain/tokens/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import type { Route } from "../kit/route.ts";
import { createClientCredentialsGrant } from "./grants/client-credentials.ts";
import type { CodeRedeemer } from "./grants/code-redeemer.ts";
import { createAuthorizationCodeGrant, createDeviceGrant } from "./grants/codes.ts";
import type { Grant, Grants } from "./grants/grant.ts";
import { createLocalGrant } from "./grants/local.ts";
import { createPasswordGrant } from "./grants/password.ts";
import { createRefreshGrant } from "./grants/refresh.ts";
import { introspectRoute } from "./introspect.ts";
import { revokeRoute } from "./revoke.ts";
import { sessionsRoutes } from "./sessions.ts";
import { tokenRoute } from "./token.ts";
import { userinfoRoutes } from "./userinfo.ts";

/** The endpoints of OAuth that answer programs: token, revocation, introspection, userinfo, sessions. */
export function oauthRoutes(ctx: HttpContext, redeemer: CodeRedeemer): readonly Route[] {
  return [
    tokenRoute(ctx, createGrants(ctx, redeemer)),
    revokeRoute(ctx),
    introspectRoute(ctx),
    ...userinfoRoutes(ctx),
    ...sessionsRoutes(ctx),
  ];
}

function createGrants(ctx: HttpContext, redeemer: CodeRedeemer): Grants {
  const codes = { ...ctx, redeemer };
  return new Map<GrantType, Grant>([
    ["refresh_token", createRefreshGrant(ctx)],
    ["client_credentials", createClientCredentialsGrant(ctx)],
    ["password", createPasswordGrant(ctx)],
    [LOCAL_GRANT_TYPE, createLocalGrant(ctx)],
    ["authorization_code", createAuthorizationCodeGrant(codes)],
    ["urn:ietf:params:oauth:grant-type:device_code", createDeviceGrant(codes)],
  ]);
}
