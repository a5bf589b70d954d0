import type { FastifyReply } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { HttpError } from "../kit/http-error.ts";
import { FieldErrors } from "./json-fields.ts";

/** When nothing says how long a fault of ours lasts. */
const DEFAULT_RETRY_MS = 5_000;

/** A body in the form of Django REST framework and simplejwt (docs/reference/developer-api.md), which clients of this API know. */
export type ApiBody = Readonly<Record<string, unknown>>;

/** A refusal whose body says all there is to say. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: 401 | 403;
  readonly body: ApiBody;

  constructor(status: 401 | 403, body: ApiBody) {
    super("refused");
    this.status = status;
    this.body = body;
  }
}

/** Sets status and headers; undefined for what is no refusal. */
export function refusalBody(reason: unknown, reply: FastifyReply): ApiBody | undefined {
  if (reason instanceof FieldErrors) {
    reply.code(400);
    return reason.errors;
  }
  if (reason instanceof ApiRefusal) return answer(reply, reason.status, reason.body);
  if (reason instanceof HttpError) return answer(reply, reason.status, { detail: reason.message });
  return reason instanceof PipitError ? pipitBody(reason, reply) : undefined;
}

function pipitBody(error: PipitError, reply: FastifyReply): ApiBody | undefined {
  const { code, message, httpStatus, retryAfterMs = DEFAULT_RETRY_MS } = error;
  switch (code) {
    case "CREDENTIALS_INVALID":
      return answer(reply, 401, { detail: "No active account found with the given credentials" });
    case "OTP_REQUIRED":
      return answer(reply, 401, {
        detail: "This account has a second factor: send its code in the field otp.",
        code: "otp_required",
      });
    case "OTP_INVALID":
      return answer(reply, 401, {
        detail: "The code of the second factor is wrong or was used before.",
        code: "otp_invalid",
      });
    case "TOKEN_MISSING":
      return answer(reply, 401, { detail: "Authentication credentials were not provided." });
    case "TOKEN_INVALID":
    case "TOKEN_EXPIRED":
      return answer(reply, 401, accessTokenNotValid);
    case "RATE_LIMITED":
    case "ACCOUNT_LOCKED":
      return throttled(reply, code, retryAfterMs);
    case "SERVER_BUSY":
    case "LIMITS_UNREACHABLE":
    case "DATABASE_UNREACHABLE":
    case "SERVER_STOPPING":
      reply.header("retry-after", String(secondsOf(retryAfterMs)));
      return answer(reply, 503, { detail: "This is not possible right now. Try again in a moment." });
    default:
      return httpStatus < 500 ? answer(reply, httpStatus, { detail: message }) : undefined;
  }
}

const accessTokenNotValid: ApiBody = {
  detail: "Given token not valid for any token type",
  code: "token_not_valid",
  messages: [{ token_class: "AccessToken", token_type: "access", message: "Token is invalid or expired" }],
};

function throttled(
  reply: FastifyReply,
  code: "RATE_LIMITED" | "ACCOUNT_LOCKED",
  retryAfterMs: number,
): ApiBody {
  const seconds = secondsOf(retryAfterMs);
  reply.header("retry-after", String(seconds));
  return answer(reply, 429, {
    detail:
      code === "RATE_LIMITED"
        ? `Request was throttled. Expected available in ${seconds} seconds.`
        : `Too many failed attempts. Try again in ${seconds} seconds.`,
  });
}

function answer(reply: FastifyReply, status: number, body: ApiBody): ApiBody {
  reply.code(status);
  // RFC 9110 §15.5.2.
  if (status === 401) reply.header("www-authenticate", 'Bearer realm="pipit"');
  return body;
}

function secondsOf(durationMs: number): number {
  return Math.max(1, Math.ceil(durationMs / 1000));
}
