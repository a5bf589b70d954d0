import type { FastifyReply, FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import type { Account, AccountStore } from "#server/domain/accounts/ports.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { AccessTokens } from "#server/domain/tokens/access-tokens.ts";
import type { TokenGuard } from "#server/domain/tokens/token-guard.ts";
import type { Route } from "../kit/route.ts";
import { oauthHandler } from "./kit/oauth-answer.ts";
import { OAuthError } from "./kit/oauth-error.ts";
import { readForm } from "./kit/oauth-form.ts";

export interface UserinfoRouteDeps {
  readonly accessTokens: Pick<AccessTokens, "verify">;
  readonly guard: Pick<TokenGuard, "check">;
  readonly accounts: Pick<AccountStore, "findById">;
}

/**
 * `GET` and `POST /oauth/userinfo` (OpenID Connect Core §5.3): who the bearer is, as far as the token's scope goes. The
 * token comes in the Authorization header or in a form (RFC 6750 §2.1, §2.2), never in the address.
 */
export function userinfoRoutes(deps: UserinfoRouteDeps): readonly Route[] {
  const handler: Route["handler"] = oauthHandler(async (request, reply) => {
    try {
      const token = bearerOf(request);
      if (token === undefined) return sendBearerError(undefined, reply);
      return await userinfo(deps, token);
    } catch (reason) {
      const error = toBearerError(reason);
      if (error === undefined) throw reason;
      return sendBearerError(error, reply);
    }
  });
  return [
    { method: "GET", path: "/oauth/userinfo", handler },
    { method: "POST", path: "/oauth/userinfo", handler },
  ];
}

async function userinfo(deps: UserinfoRouteDeps, token: string): Promise<Record<string, unknown>> {
  const caller = await deps.guard.check(await deps.accessTokens.verify(token));
  if (caller.kind !== "user" || !caller.scope.includes("openid")) {
    throw new OAuthError("insufficient_scope", "This needs a person's token with the scope openid.");
  }
  const account = await deps.accounts.findById(caller.userId);
  if (account === undefined || !account.active) {
    throw new OAuthError("invalid_token", "This account is switched off.");
  }
  return claimsAbout(account, caller.scope);
}

/** OpenID Connect Core §5.4. */
function claimsAbout(account: Account, scope: Caller["scope"]): Record<string, unknown> {
  const { id, login, displayName, email, updatedAtMs } = account;
  return {
    sub: id,
    ...(scope.includes("profile")
      ? { preferred_username: login, name: displayName, updated_at: Math.floor(updatedAtMs / 1000) }
      : {}),
    // Nobody has confirmed it here.
    ...(scope.includes("email") && email !== undefined ? { email, email_verified: false } : {}),
  };
}

function bearerOf(request: FastifyRequest): string | undefined {
  if (request.url.includes("?")) {
    throw new OAuthError("invalid_request", "A token never belongs into the address.");
  }
  const { authorization } = request.headers;
  const inBody = request.body === undefined ? undefined : readForm(request).get("access_token");
  if (authorization === undefined) return inBody;
  if (inBody !== undefined) throw new OAuthError("invalid_request", "The token is sent in two ways at once.");
  const token = /^bearer +([^\s,]+) *$/i.exec(authorization)?.[1];
  if (token === undefined) {
    throw new OAuthError("invalid_request", "The authorization must read: Bearer <access token>.");
  }
  return token;
}

function toBearerError(reason: unknown): OAuthError | undefined {
  if (reason instanceof OAuthError) return reason;
  if (!(reason instanceof PipitError)) return undefined;
  const { code, message } = reason;
  const invalid = code === "TOKEN_INVALID" || code === "TOKEN_EXPIRED" || code === "OTP_REQUIRED";
  return invalid ? new OAuthError("invalid_token", message) : undefined;
}

/** RFC 6750 §3: who sent no token learns the scheme and nothing else. */
function sendBearerError(error: OAuthError | undefined, reply: FastifyReply): Record<string, string> {
  if (error === undefined) {
    reply.code(401).header("www-authenticate", 'Bearer realm="pipit"');
    return { error: "invalid_token", error_description: "An access token is needed." };
  }
  const parts = ['Bearer realm="pipit"', `error="${error.code}"`, `error_description="${error.message}"`];
  if (error.code === "insufficient_scope") parts.push('scope="openid"');
  reply.code(error.status).header("www-authenticate", parts.join(", "));
  return { error: error.code, error_description: error.message };
}
