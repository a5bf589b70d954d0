import type { FastifyReply } from "fastify";
import type { ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { HttpError } from "../kit/http-error.ts";
import { lockedText, PASSING_TEXT, waitSecondsOf } from "../kit/retry.ts";
import { passing } from "#server/domain/passing.ts";

/** A body in the form of Django REST framework and simplejwt (docs/reference/developer-api.md), which clients of this API know. */
export type ApiBody = Readonly<Record<string, unknown>>;

/** A refusal whose body says all there is to say: of 400 what is wrong with the fields, `{"username": ["..."]}`. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: 400 | 401;
  readonly body: ApiBody;

  constructor(status: 400 | 401, body: ApiBody) {
    super("refused");
    this.status = status;
    this.body = body;
  }
}

const accessTokenNotValid: ApiBody = {
  detail: "Given token not valid for any token type",
  code: "token_not_valid",
  messages: [{ token_class: "AccessToken", token_type: "access", message: "Token is invalid or expired" }],
};

/** What is known by other words here. */
const bodies: Readonly<Partial<Record<ErrorCode, ApiBody>>> = {
  CREDENTIALS_INVALID: { detail: "No active account found with the given credentials" },
  OTP_REQUIRED: {
    detail: "This account has a second factor: send its code in the field otp.",
    code: "otp_required",
  },
  OTP_INVALID: {
    detail: "The code of the second factor is wrong or was used before.",
    code: "otp_invalid",
  },
  TOKEN_MISSING: { detail: "Authentication credentials were not provided." },
  TOKEN_INVALID: accessTokenNotValid,
  TOKEN_EXPIRED: accessTokenNotValid,
  ACCOUNT_CLOSED: accessTokenNotValid,
};

/** Sets status and headers; undefined for what is no refusal. */
export function refusalBody(reason: unknown, reply: FastifyReply): ApiBody | undefined {
  if (reason instanceof ApiRefusal) return answer(reply, reason.status, reason.body);
  if (reason instanceof HttpError) return answer(reply, reason.status, { detail: reason.message });
  if (!(reason instanceof PipitError)) return undefined;
  const { code, message, httpStatus, retryAfterMs } = reason;
  const seconds = waitSecondsOf(retryAfterMs);
  if (passing.has(code)) {
    reply.header("retry-after", String(seconds));
    return answer(reply, httpStatus, { detail: PASSING_TEXT });
  }
  if (code === "RATE_LIMITED" || code === "ACCOUNT_LOCKED") {
    const throttled = `Request was throttled. Expected available in ${seconds} seconds.`;
    reply.header("retry-after", String(seconds));
    return answer(reply, httpStatus, {
      detail: code === "RATE_LIMITED" ? throttled : lockedText(retryAfterMs),
    });
  }
  return httpStatus < 500 ? answer(reply, httpStatus, bodies[code] ?? { detail: message }) : undefined;
}

function answer(reply: FastifyReply, status: number, body: ApiBody): ApiBody {
  reply.code(status);
  // RFC 9110 §15.5.2.
  if (status === 401) reply.header("www-authenticate", 'Bearer realm="pipit"');
  return body;
}
