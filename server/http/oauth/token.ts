import type { FastifyRequest } from "fastify";
import { oauthClient } from "#server/domain/access/access.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { Logger } from "#contract/logger.ts";
import { isCompatClient } from "#server/domain/tokens/built-in-clients.ts";
import type { GrantType, OauthClient } from "#server/domain/tokens/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { route, type OpenRoute } from "../kit/route.ts";
import { authenticateClient } from "./kit/client-authentication.ts";
import type { Grants, UserGranted, ClientGranted } from "./grants/grant.ts";
import { toOAuthError } from "./kit/oauth-answer.ts";
import { OAuthError, type OAuthErrorCode } from "./kit/oauth-error.ts";
import { readForm } from "./kit/oauth-form.ts";
import { toTokenAnswer } from "./kit/token-answer.ts";

/** Refusals that decide about a client or a user; the others are mistakes in the request, or "ask again later". */
const decisions: ReadonlySet<OAuthErrorCode> = new Set([
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "invalid_scope",
  "access_denied",
]);

/** What is known of a request so far. */
interface Progress {
  grant: GrantType | "unknown";
  client: OauthClient | undefined;
}

/** `POST /oauth/token` (RFC 6749 §4, §5, §6): forms only, errors and statuses of the RFC, never cached. */
export function tokenRoute(ctx: HttpContext, grants: Grants): OpenRoute {
  return route("POST", "/oauth/token", oauthClient, async (request, reply) => {
    // RFC 6749 §5.1.
    reply.header("pragma", "no-cache");
    const startedAtMs = performance.now();
    const origin = originOf(request);
    const progress: Progress = { grant: "unknown", client: undefined };
    let outcome: string = "server_error";
    try {
      const { client, granted } = await grantTokens(ctx, grants, request, progress);
      if (granted.kind === "user") {
        logSignIn(ctx.logger, progress.grant, client, granted);
      }
      await ctx.signingKeys.fresh();
      outcome = "success";
      return toTokenAnswer(ctx, client, granted);
    } catch (reason) {
      const refusal = toOAuthError(reason);
      if (refusal === undefined) throw reason;
      const error = asKnownTo(progress.client, refusal);
      outcome = error.code;
      await recordRefusal(ctx, error, origin, progress);
      throw error;
    } finally {
      const durationMs = performance.now() - startedAtMs;
      ctx.metrics.tokenRequest(progress.grant, outcome, durationMs, progress.client?.clientId);
    }
  });
}

async function grantTokens(
  { clients }: HttpContext,
  grants: Grants,
  request: FastifyRequest,
  progress: Progress,
): Promise<{ readonly client: OauthClient; readonly granted: UserGranted | ClientGranted }> {
  const form = readForm(request);
  const grantType = form.need("grant_type");
  const client = await authenticateClient(clients, request, form);
  progress.client = client;
  const type = grantType as GrantType;
  const grant = grants.get(type);
  if (grant === undefined) {
    throw new OAuthError("unsupported_grant_type", "This grant type is not offered here.");
  }
  progress.grant = type;
  if (!client.grantTypes.includes(type)) {
    throw new OAuthError("unauthorized_client", "This client may not use this grant type.", {
      reason: "grant-not-allowed",
    });
  }
  return { client, granted: await grant({ form, client, request, origin: originOf(request) }) };
}

/** Clients of the original service know by 401 alone that a password or a refresh token is not good; RFC 6749 §5.2 has 400. */
function asKnownTo(client: OauthClient | undefined, error: OAuthError): OAuthError {
  const { code, status, message, about } = error;
  if (code !== "invalid_grant" || status !== 400 || !isCompatClient(client?.clientId)) return error;
  return new OAuthError(code, message, { ...about, status: 401 });
}

function logSignIn(logger: Logger, grant: string, { clientId }: OauthClient, granted: UserGranted): void {
  // A refresh is no sign-in, and there are many.
  if (granted.refreshed) return;
  const { account, sessionId } = granted;
  logger.info("oauth.signed_in", { userId: account.id, clientId, grant, sessionId });
}

async function recordRefusal(
  { logger, refusals }: HttpContext,
  error: OAuthError,
  origin: AuditOrigin,
  { grant, client }: Progress,
): Promise<void> {
  if (!decisions.has(error.code)) return;
  const clientId = client?.clientId ?? error.about.clientId;
  const reason = error.about.reason ?? error.code;
  logger.warn("oauth.refused", { clientId, grant, code: error.code, reason });
  if (error.about.audited === true) return;
  const event = error.code === "invalid_client" ? "client.refused" : "token.refused";
  await refusals.record({ event, outcome: "failure", reason, clientId, data: { grant } }, origin);
}
