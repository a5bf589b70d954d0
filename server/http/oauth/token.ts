import type { FastifyReply, FastifyRequest } from "fastify";
import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import type { Clock } from "#server/domain/clock.ts";
import type { AccessTokens } from "#server/domain/tokens/access-tokens.ts";
import type { Route } from "../route.ts";
import { createLocalGrant, createRefreshGrant, type Grant, type Granted, type GrantDeps } from "./grants.ts";
import { OAuthError } from "./oauth-error.ts";
import { readTokenRequest } from "./token-request.ts";

export interface TokenRouteDeps extends GrantDeps {
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
}

/** `POST /oauth/token` (RFC 6749 §4, §5.2, §6): forms only, errors and statuses of the RFC, never cached. */
export function tokenRoute(deps: TokenRouteDeps): Route {
  const grants = new Map<string, Grant>([
    [LOCAL_GRANT_TYPE, createLocalGrant(deps)],
    ["refresh_token", createRefreshGrant(deps)],
  ]);
  return {
    method: "POST",
    path: "/oauth/token",
    async handler(request, reply) {
      reply.header("cache-control", "no-store").header("pragma", "no-cache");
      try {
        return await answer(request, grants, deps);
      } catch (reason) {
        if (!(reason instanceof OAuthError)) throw reason;
        return refuse(reason, request, reply);
      }
    },
  };
}

async function answer(
  request: FastifyRequest,
  grants: ReadonlyMap<string, Grant>,
  deps: TokenRouteDeps,
): Promise<Record<string, unknown>> {
  const token = readTokenRequest(request);
  const grant = grants.get(token.grantType);
  if (grant === undefined)
    throw new OAuthError("unsupported_grant_type", "This grant type is not offered here.");
  return toWire(await grant(token, request), token.clientId, deps);
}

function toWire(granted: Granted, clientId: string, deps: TokenRouteDeps): Record<string, unknown> {
  const { account, scope } = granted;
  const access = deps.accessTokens.issue({ userId: account.id, clientId, scope });
  return {
    access_token: access.token,
    token_type: "bearer",
    expires_in: access.expiresInSeconds,
    refresh_token: granted.refreshToken,
    refresh_expires_in: Math.max(0, Math.floor((granted.expiresAtMs - deps.clock.nowMs()) / 1000)),
    scope,
    account: { id: account.id, name: account.displayName, local: account.local },
  };
}

function refuse(error: OAuthError, request: FastifyRequest, reply: FastifyReply): Record<string, string> {
  reply.code(error.status);
  // RFC 6749 §5.2: an answer to an attempt with the Authorization header names the scheme.
  if (error.status === 401 && request.headers.authorization !== undefined) {
    reply.header("www-authenticate", 'Basic realm="pipit"');
  }
  return { error: error.code, error_description: error.message };
}
