import type { FastifyRequest } from "fastify";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { GrantType, OauthClient } from "#server/domain/tokens/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type OpenRoute } from "../kit/route.ts";
import { accessTokenOf, refreshSecondsOf } from "../oauth/kit/token-answer.ts";
import type { UserGranted } from "../oauth/grants/grant.ts";
import { ApiRefusal } from "./api-answer.ts";

/**
 * A route whose `grantPair` says who gets tokens, on behalf of the terminal client, which this API speaks for. It answers
 * with both tokens and their lifetimes in seconds (docs/reference/developer-api.md), and counts the request as the token
 * endpoint of OAuth does.
 */
export function tokenPairRoute(
  ctx: HttpContext,
  path: string,
  grant: GrantType,
  grantPair: (request: FastifyRequest, client: OauthClient) => Promise<UserGranted>,
): OpenRoute {
  return route("POST", path, { who: "anyone", secure: true }, async (request) => {
    const startedAtMs = performance.now();
    let outcome = "server_error";
    try {
      const client = await terminalClient(ctx, grant);
      const granted = await grantPair(request, client);
      await ctx.signingKeys.fresh();
      outcome = "success";
      const { token, expiresInSeconds } = accessTokenOf(ctx, client, granted);
      return {
        access: token,
        refresh: granted.refreshToken,
        access_lifetime: expiresInSeconds,
        refresh_lifetime: refreshSecondsOf(ctx, granted),
      };
    } catch (reason) {
      outcome = outcomeOf(reason);
      throw reason;
    } finally {
      ctx.metrics.tokenRequest(grant, outcome, performance.now() - startedAtMs, CLI_CLIENT_ID);
    }
  });
}

/** Throws NOT_ALLOWED when an operator switched the client off, or this way to sign in. */
async function terminalClient({ clients, config }: HttpContext, grant: GrantType): Promise<OauthClient> {
  const client = await clients.find(CLI_CLIENT_ID);
  const allowed =
    client?.active === true &&
    client.grantTypes.includes(grant) &&
    (grant !== "password" || (config.auth.programsTakePasswords && client.allowPasswordGrant));
  if (allowed) return client;
  throw new PipitError("NOT_ALLOWED", "This server lets no program sign in by this way.");
}

/** The outcome in the words of RFC 6749, as the metric of the token endpoint has it. */
function outcomeOf(reason: unknown): string {
  if (reason instanceof ApiRefusal) return reason.status === 400 ? "invalid_request" : "invalid_grant";
  if (!(reason instanceof PipitError)) return "server_error";
  if (reason.httpStatus === 503) return "temporarily_unavailable";
  if (reason.code === "NOT_ALLOWED") return "unauthorized_client";
  if (reason.code === "RATE_LIMITED" || reason.code === "INVALID_REQUEST") return "invalid_request";
  return reason.httpStatus === 401 || reason.httpStatus === 429 ? "invalid_grant" : "server_error";
}
