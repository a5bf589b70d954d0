import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { oauthClient } from "#server/domain/access/access.ts";
import { createKeyCheck } from "#server/domain/access/authenticate.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import { isRefreshToken } from "#server/domain/tokens/refresh-tokens.ts";
import { scopesOf } from "#server/domain/tokens/scopes.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type OpenRoute } from "../kit/route.ts";
import { authenticateClient } from "./kit/client-authentication.ts";
import { OAuthError } from "./kit/oauth-error.ts";
import { readForm, type OAuthForm } from "./kit/oauth-form.ts";
import { verifiedCaller } from "./revoke.ts";

/** The whole answer for a token that is not good, whatever the reason (RFC 7662 §2.2). */
const inactive = { active: false } as const;

/**
 * `POST /oauth/introspect` (RFC 7662), for clients with a secret and, by X-Internal-Auth, for our own services. A token
 * concerns its client alone; a resource server, to which access tokens of others are shown, is a client whose scope has
 * `token:introspect` (RFC 7662 §4: not every client may learn of every token).
 */
export function introspectRoute(ctx: HttpContext): OpenRoute {
  const isKey = createKeyCheck(ctx.config.auth.internalAuthKey);
  return route("POST", "/oauth/introspect", oauthClient, async (request) => {
    const form = readForm(request);
    const given = request.headers["x-internal-auth"];
    const isInternal = isKey !== undefined && typeof given === "string" && isKey(given);
    const asker = isInternal ? undefined : await askerOf(ctx, request, form);
    const token = form.need("token");
    return isRefreshToken(token)
      ? introspectRefreshToken(ctx, token, asker?.clientId)
      : introspectAccessToken(ctx, token, asker);
  });
}

async function askerOf(
  { clients }: HttpContext,
  request: FastifyRequest,
  form: OAuthForm,
): Promise<OauthClient> {
  const client = await authenticateClient(clients, request, form);
  if (client.confidential) return client;
  throw new OAuthError("invalid_client", "Introspection is for clients with a secret.", {
    reason: "public-client",
  });
}

async function introspectAccessToken(
  { accessTokens, guard, store }: HttpContext,
  token: string,
  asker: OauthClient | undefined,
): Promise<Record<string, unknown>> {
  const caller = await verifiedCaller(accessTokens, token);
  if (caller === undefined || !mayAsk(asker, caller) || !(await passes(guard, caller))) return inactive;
  const { iss, aud, exp, iat, nbf, jti } = claimsOf(token);
  const account = caller.kind === "user" ? await store.auth.accounts.findById(caller.userId) : undefined;
  return {
    active: true,
    scope: caller.scope.join(" "),
    client_id: caller.clientId,
    token_type: "bearer",
    sub: caller.userId,
    ...(account === undefined ? {} : { username: account.login }),
    iss,
    aud,
    exp,
    iat,
    nbf,
    jti,
    ...(caller.sessionId === undefined ? {} : { sid: caller.sessionId }),
  };
}

function mayAsk(asker: OauthClient | undefined, { clientId }: Caller): boolean {
  if (asker === undefined || asker.clientId === clientId) return true;
  return scopesOf(asker.scope).includes("token:introspect");
}

async function introspectRefreshToken(
  { sessions, store }: HttpContext,
  token: string,
  clientId: string | undefined,
): Promise<Record<string, unknown>> {
  const found = await sessions.findByRefreshToken(token);
  if (found === undefined || (clientId !== undefined && found.family.clientId !== clientId)) return inactive;
  const { family } = found;
  const account = await store.auth.accounts.findById(family.userId);
  if (account === undefined || !account.active) return inactive;
  return {
    active: true,
    scope: family.scope,
    client_id: family.clientId,
    sub: family.userId,
    username: account.login,
    exp: Math.floor(found.token.expiresAtMs / 1000),
    iat: Math.floor(family.lastUsedAtMs / 1000),
    sid: family.id,
  };
}

async function passes(guard: HttpContext["guard"], caller: Caller): Promise<boolean> {
  try {
    await guard.check(caller);
    return true;
  } catch (reason) {
    if (reason instanceof PipitError && reason.httpStatus === 401) return false;
    throw reason;
  }
}

/** The claims of a token that was verified before. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  return typeof claims === "object" && claims !== null ? { ...claims } : {};
}
