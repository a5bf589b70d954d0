import type { FastifyRequest } from "fastify";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { GrantType, OauthClient } from "#server/domain/tokens/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import type { OpenRoute } from "../kit/route.ts";
import { ApiRefusal, type ApiBody } from "./api-answer.ts";
import { FieldErrors } from "./json-fields.ts";
import { tokenPair, type PairSession } from "./token-pair.ts";

/** Who gets tokens, on behalf of the terminal client, which this API speaks for. */
export type GrantPair = (
  request: FastifyRequest,
  client: OauthClient,
  origin: AuditOrigin,
) => Promise<PairSession>;

/** Answers with a pair of tokens, and counts the request as the token endpoint of OAuth does. */
export function tokenRequest(ctx: HttpContext, grant: GrantType, grantPair: GrantPair): OpenRoute["handle"] {
  return async (request): Promise<ApiBody> => {
    const startedAtMs = performance.now();
    let outcome = "server_error";
    try {
      const client = await terminalClient(ctx, grant);
      const session = await grantPair(request, client, originOf(request));
      await ctx.signingKeys.fresh();
      outcome = "success";
      return tokenPair(ctx, client, session);
    } catch (reason) {
      outcome = outcomeOf(reason);
      throw reason;
    } finally {
      ctx.metrics.tokenRequest(grant, outcome, performance.now() - startedAtMs, CLI_CLIENT_ID);
    }
  };
}

/** Throws NOT_ALLOWED when an operator switched the client off, or this way to sign in. */
async function terminalClient({ clients }: HttpContext, grant: GrantType): Promise<OauthClient> {
  const client = await clients.find(CLI_CLIENT_ID);
  const allowed =
    client?.active === true &&
    client.grantTypes.includes(grant) &&
    (grant !== "password" || client.allowPasswordGrant);
  if (allowed) return client;
  throw new PipitError("NOT_ALLOWED", "This server lets no program sign in by this way.");
}

/** The outcome in the words of RFC 6749, as the metric of the token endpoint has it. */
function outcomeOf(reason: unknown): string {
  if (reason instanceof FieldErrors) return "invalid_request";
  if (reason instanceof ApiRefusal) return "invalid_grant";
  if (!(reason instanceof PipitError)) return "server_error";
  if (reason.httpStatus === 503) return "temporarily_unavailable";
  if (reason.code === "NOT_ALLOWED") return "unauthorized_client";
  if (reason.code === "RATE_LIMITED" || reason.code === "INVALID_REQUEST") return "invalid_request";
  return reason.httpStatus === 401 || reason.httpStatus === 429 ? "invalid_grant" : "server_error";
}
