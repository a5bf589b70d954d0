import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { adoptCorrelationId, CORRELATION_HEADER, type Correlation } from "#server/observe/correlation.ts";
import type { CallMetrics } from "#server/observe/metrics.ts";
import { refusalBody } from "./api-v1/api-answer.ts";
import { toErrorAnswer, type ErrorAnswer } from "./kit/http-error.ts";
import { isOpenAiPath, toOpenAiError } from "./v1/openai/openai-error.ts";
import { sendOAuthError, toBearerError, toOAuthError } from "./oauth/kit/oauth-answer.ts";

interface Answering {
  readonly logger: Logger;
  readonly correlation: Correlation;
  readonly metrics: Pick<CallMetrics, "errorTold">;
}

/** Answers what a route, its gate or the HTTP server threw, in the form that the clients of its path read. */
export function sendError(
  { logger, correlation, metrics }: Answering,
  reason: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // Also for errors of the framework itself, which come before any hook.
  const id = adoptCorrelationId(request.raw.headers);
  reply.header(CORRELATION_HEADER, id);
  const path = pathOf(request);
  if (reason instanceof PipitError) metrics.errorTold(reason.code);
  const refusal = inFormOf(path, reason, reply);
  const fields = { method: request.method, path };
  correlation.run(id, () => {
    if (refusal !== undefined) {
      logger.debug("http.refused", { ...fields, status: reply.statusCode });
      reply.send(refusal);
      return;
    }
    const answer = toErrorAnswer(reason);
    const { body, retryAfterMs, internal } = answer;
    if (internal && !(reason instanceof PipitError)) metrics.errorTold("INTERNAL");
    const told = isOpenAiPath(path)
      ? toOpenAiError(answer)
      : { status: answer.status, body: toBody(path, answer) };
    const { status } = told;
    if (internal) logger.error("http.failed", { ...fields, status, reason: body.error.code, error: reason });
    else logger.debug("http.refused", { ...fields, status, reason: body.error.code });
    // RFC 6750 §3: how to authenticate.
    if (status === 401) reply.header("www-authenticate", 'Bearer realm="pipit"');
    if (retryAfterMs !== undefined) reply.header("retry-after", String(Math.ceil(retryAfterMs / 1000)));
    reply.code(status).send(told.body);
  });
}

/** Without the query, which may hold what must not be repeated. */
export function pathOf(request: FastifyRequest): string {
  return (request.url.split("?", 1)[0] ?? "").slice(0, 200);
}

/** Sets status and headers; undefined for what is no refusal in the words of this path. */
function inFormOf(path: string, reason: unknown, reply: FastifyReply): object | undefined {
  if (path.startsWith("/api/v1/")) return refusalBody(reason, reply);
  if (!path.startsWith("/oauth/")) return undefined;
  const error = toOAuthError(reason) ?? toBearerError(reason);
  return error === undefined ? undefined : sendOAuthError(error, reply);
}

function toBody(path: string, { status, body }: ErrorAnswer): object {
  const { message } = body.error;
  // RFC 6749 §5.2.
  if (path.startsWith("/oauth/")) {
    return { error: status >= 500 ? "server_error" : "invalid_request", error_description: message };
  }
  // As the clients of Django REST framework read it.
  if (path.startsWith("/api/v1/")) return { detail: message };
  // The clients of the original account API read `detail`.
  if (path.startsWith("/auth/")) return { ...body, detail: message };
  return body;
}
