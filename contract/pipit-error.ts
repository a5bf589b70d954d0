import { errorCodes, isErrorCode, type ErrorCode } from "./error-codes.ts";

/** What a {@link PipitError} may carry besides its code and message. */
export interface PipitErrorOptions {
  /** The thing that went wrong underneath; for logs, never shown. */
  readonly cause?: unknown;
  /** For logs only: what the person must not see (paths, upstream bodies). Never a token, password or code. */
  readonly detail?: string;
  /** The request field at fault, e.g. "screenshot". */
  readonly field?: string;
  /** How long to wait before a retry, when the other side said so. */
  readonly retryAfterMs?: number;
  /** That the log has a line of what it comes from, which fails others as well, so that it needs none of its own. */
  readonly told?: boolean;
}

/**
 * The one error class that crosses boundaries. `message` is safe to show a person and says what to do;
 * `detail` and `cause` are for the log.
 *
 * @example throw new PipitError("PROMPT_TOO_LONG", "The message is 300000 characters long; the limit is 262144. Send it in parts.", { field: "prompt" });
 */
export class PipitError extends Error {
  override readonly name = "PipitError";
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly told: boolean;

  constructor(code: ErrorCode, message: string, options: PipitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.field = options.field;
    this.retryAfterMs = options.retryAfterMs;
    this.told = options.told ?? false;
  }

  /** Whether the very same request may be sent again (docs/reference/streaming.md, "Retry"). */
  get retryable(): boolean {
    return errorCodes[this.code].retry;
  }

  /** Canonical gRPC status number of this error. */
  get grpcStatus(): number {
    return errorCodes[this.code].grpc;
  }

  /** HTTP status of this error. */
  get httpStatus(): number {
    return errorCodes[this.code].http;
  }

  /**
   * Turns anything thrown into a PipitError. A PipitError stays itself, an abort becomes CANCELLED, all else INTERNAL
   * with a neutral text and the original as `cause`.
   */
  static from(reason: unknown): PipitError {
    if (reason instanceof PipitError) return reason;
    if (reason instanceof Error && (reason.name === "AbortError" || reason.name === "TimeoutError")) {
      return reason.name === "AbortError"
        ? new PipitError("CANCELLED", "Cancelled.", { cause: reason })
        : new PipitError("DEADLINE_EXCEEDED", "This took too long and was stopped.", { cause: reason });
    }
    const detail = reason instanceof Error ? reason.message : String(reason);
    return new PipitError("INTERNAL", "Something went wrong inside Pipit. The log has the details.", {
      cause: reason,
      detail,
    });
  }

  /** Rebuilds an error from its wire form; an unknown code becomes INTERNAL. */
  static fromWire(code: string, message: string, options: PipitErrorOptions = {}): PipitError {
    return new PipitError(isErrorCode(code) ? code : "INTERNAL", message, options);
  }
}
