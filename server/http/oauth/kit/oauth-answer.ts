import type { FastifyReply } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { DEFAULT_RETRY_MS, lockedText, PASSING_TEXT, waitSecondsOf } from "../../kit/retry.ts";
import { passing } from "#server/domain/passing.ts";
import { OAuthError } from "./oauth-error.ts";

/** A refusal in the form of RFC 6749 §5.2: sets status and headers, returns the body. */
export function sendOAuthError(error: OAuthError, reply: FastifyReply): Record<string, string> {
  reply.code(error.status).header("pragma", "no-cache");
  const challenge = challengeOf(error);
  if (challenge !== undefined) reply.header("www-authenticate", challenge);
  const { retryAfterMs, pipitCode } = error.about;
  if (retryAfterMs !== undefined) reply.header("retry-after", String(waitSecondsOf(retryAfterMs)));
  return {
    error: error.code,
    error_description: error.message,
    ...(pipitCode !== undefined && { pipit_code: pipitCode }),
  };
}

/** RFC 6749 §5.2 and RFC 9110 §15.5.2; RFC 6750 §3: who sent no token learns the scheme and nothing else. */
function challengeOf({ code, status, message, about: { reason, scope } }: OAuthError): string | undefined {
  if (code === "invalid_client") return 'Basic realm="pipit"';
  if (code === "invalid_grant" && status === 401) return 'Bearer realm="pipit"';
  if (code !== "invalid_token" && code !== "insufficient_scope") return undefined;
  if (reason === "TOKEN_MISSING") return 'Bearer realm="pipit"';
  const parts = ['Bearer realm="pipit"', `error="${code}"`, `error_description="${message}"`];
  return [...parts, ...(scope === undefined ? [] : [`scope="${scope}"`])].join(", ");
}

/** A refusal of the gate as a protected resource says it (RFC 6750 §3.1); undefined for any other. */
export function toBearerError(reason: unknown): OAuthError | undefined {
  if (!(reason instanceof PipitError)) return undefined;
  const { code, message, field, detail } = reason;
  if (code === "NOT_ALLOWED" && field === "scope") {
    return new OAuthError("insufficient_scope", message, { scope: detail });
  }
  return reason.httpStatus === 401 ? new OAuthError("invalid_token", message, { reason: code }) : undefined;
}

/**
 * A refusal or a passing fault of the rules behind a grant in OAuth's words; undefined for what is neither. The rules
 * have written to the audit what there is to know.
 */
export function toOAuthError(reason: unknown): OAuthError | undefined {
  if (reason instanceof OAuthError) return reason;
  if (!(reason instanceof PipitError)) return undefined;
  const { code, message, retryAfterMs } = reason;
  const waits = {
    retryAfterMs: retryAfterMs ?? DEFAULT_RETRY_MS,
    reason: code,
    audited: true,
    pipitCode: code,
  };
  if (passing.has(code)) return new OAuthError("temporarily_unavailable", PASSING_TEXT, waits);
  switch (code) {
    case "RATE_LIMITED": {
      const text = "Too many requests. Please try again later.";
      return new OAuthError("invalid_request", text, { ...waits, status: 429 });
    }
    case "ACCOUNT_LOCKED":
      return new OAuthError("invalid_grant", lockedText(retryAfterMs), { ...waits, status: 429 });
    case "CREDENTIALS_INVALID":
      return new OAuthError("invalid_grant", message, { reason: reason.detail ?? code });
    default:
      return undefined;
  }
}
