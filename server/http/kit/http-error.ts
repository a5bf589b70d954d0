import { PipitError } from "#contract/pipit-error.ts";
import { isToldAsOutage } from "#server/domain/outage.ts";

/** A fault of the HTTP exchange itself, with the status that names it; everything else is a PipitError. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  /** @param message safe to show */
  constructor(
    status: 400 | 404 | 405 | 408 | 413 | 414 | 415 | 417 | 426 | 431 | 501 | 503,
    message: string,
  ) {
    super(message);
    this.status = status;
  }
}

/** What goes out for an error: a status, and the body of every error of this API. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: {
    readonly error: { readonly code: string; readonly message: string; readonly field?: string };
  };
  readonly retryAfterMs: number | undefined;
  /** True when it is a fault of the server and belongs into its log. */
  readonly internal: boolean;
}

/** Texts for what the HTTP library refuses by itself. */
const frameworkMessages: Readonly<Record<number, string>> = {
  400: "The request could not be read.",
  413: "The body is too large.",
  415: "The body has a content type that is not taken here.",
};

/** Anything thrown in a route as the answer to send; nothing internal gets into it. */
export function toErrorAnswer(reason: unknown): ErrorAnswer {
  if (reason instanceof HttpError) return plainAnswer(reason.status, reason.message);
  const frameworkStatus = statusOfFrameworkError(reason);
  if (frameworkStatus !== undefined) {
    return plainAnswer(frameworkStatus, frameworkMessages[frameworkStatus] ?? "The request was refused.");
  }
  const error = PipitError.from(reason);
  return {
    status: error.httpStatus,
    body: {
      error: {
        code: error.code,
        message: error.message,
        ...(error.field === undefined ? {} : { field: error.field }),
      },
    },
    retryAfterMs: error.retryAfterMs,
    internal: error.httpStatus >= 500 && !isToldAsOutage(error),
  };
}

function plainAnswer(status: number, message: string): ErrorAnswer {
  const code = status === 413 ? "MESSAGE_TOO_LARGE" : status === 503 ? "SERVER_STOPPING" : "INVALID_REQUEST";
  return { status, body: { error: { code, message } }, retryAfterMs: undefined, internal: false };
}

/** Fastify's own errors carry a code that starts with FST_ and the status they stand for; a body that broke off, the socket's. */
function statusOfFrameworkError(reason: unknown): number | undefined {
  if (!(reason instanceof Error) || !("code" in reason) || !("statusCode" in reason)) return undefined;
  const { code, statusCode } = reason;
  const isFramework = typeof code === "string" && (code.startsWith("FST_") || code === "ECONNRESET");
  return isFramework && typeof statusCode === "number" && statusCode >= 400 && statusCode < 500
    ? statusCode
    : undefined;
}
