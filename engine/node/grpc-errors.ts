import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { status, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { isErrorCode, type ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";
import { StatusSchema } from "#proto/google/rpc/status_pb.ts";

const DETAILS_KEY = "grpc-status-details-bin";
const RETRY_AFTER_KEY = "retry-after-ms";
const ERROR_DOMAIN = "pipit";
/** Longest text of another program that is shown to a person. */
const MESSAGE_MAX_CHARS = 500;

/**
 * What a plain status of a server that is not ours means (contracts §1), with the sentence a person reads when the
 * server's own text would not help. `{target}` is replaced.
 */
const plainStatus: Readonly<
  Partial<Record<status, { readonly code: ErrorCode; readonly message?: string }>>
> = {
  [status.CANCELLED]: { code: "CANCELLED", message: "Cancelled." },
  [status.INVALID_ARGUMENT]: { code: "INVALID_REQUEST" },
  [status.OUT_OF_RANGE]: { code: "INVALID_REQUEST" },
  [status.FAILED_PRECONDITION]: { code: "INVALID_REQUEST" },
  [status.DEADLINE_EXCEEDED]: {
    code: "DEADLINE_EXCEEDED",
    message: "The server at {target} took too long and the call was given up. Try again.",
  },
  [status.NOT_FOUND]: { code: "CHAT_NOT_FOUND" },
  [status.PERMISSION_DENIED]: { code: "NOT_ALLOWED" },
  [status.RESOURCE_EXHAUSTED]: { code: "RATE_LIMITED" },
  [status.ABORTED]: { code: "TURN_RUNNING_ELSEWHERE" },
  [status.UNIMPLEMENTED]: {
    code: "CONFIG_INVALID",
    message: "The server at {target} is not a Pipit server. Check PIPIT_GRPC_URL.",
  },
  [status.UNAVAILABLE]: {
    code: "SERVER_UNREACHABLE",
    message: "No Pipit server answers at {target}. Start one with `pipit serve`, or check PIPIT_GRPC_URL.",
  },
  [status.UNAUTHENTICATED]: {
    code: "TOKEN_INVALID",
    message: "The server refused the sign-in. Sign in again.",
  },
};

/** Turns how a call ended into the one error class. Never lets a server's text become a code of ours. */
export function grpcError(error: ServiceError, target: string): PipitError {
  const retryAfterMs = readRetryAfterMs(error.metadata);
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  const details = readErrorInfo(error.metadata);
  if (details !== undefined) {
    const field = details.field === undefined ? {} : { field: details.field };
    return new PipitError(details.code, shorten(details.message ?? error.details), {
      cause: error,
      ...field,
      ...retry,
    });
  }
  const plain = classifyPlain(error);
  const message = plain.message ?? (shorten(error.details) || "The server gave no reason.");
  return new PipitError(plain.code, message.replace("{target}", target), {
    cause: error,
    detail: shorten(error.details),
    ...retry,
  });
}

/** True for what grpc-js rejects and emits when a call ends with a status other than OK. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

function classifyPlain(error: ServiceError): { readonly code: ErrorCode; readonly message?: string } {
  if (isBrokenConnection(error)) {
    return {
      code: "SERVER_UNREACHABLE",
      message: "The connection to the server at {target} broke. Try again.",
    };
  }
  if (error.code === status.RESOURCE_EXHAUSTED) return classifyExhausted(error.details);
  const known = plainStatus[error.code];
  return (
    known ?? {
      code: "INTERNAL",
      message: "The server at {target} failed to answer. Its log has the details.",
    }
  );
}

/**
 * grpc-js reports a connection that broke during a call as INTERNAL with the socket's error in the text, and a server
 * that shuts down by force as CANCELLED through RST_STREAM. An interrupt of our server carries details, and a cancel of
 * our own never comes here.
 */
function isBrokenConnection(error: ServiceError): boolean {
  if (error.code === status.CANCELLED) return /RST_STREAM|Call cancelled/u.test(error.details);
  const broken = /ECONNRESET|EPIPE|ETIMEDOUT|ERR_HTTP2|Connection dropped|RST_STREAM with code [27]\b/u;
  return error.code === status.INTERNAL && broken.test(error.details);
}

/** RESOURCE_EXHAUSTED is also what grpc-js itself says about a message over the limit: sending it again cannot help. */
function classifyExhausted(details: string): { readonly code: ErrorCode; readonly message?: string } {
  if (details.startsWith("STREAM_LIMIT_EXCEEDED")) {
    return {
      code: "STREAM_LIMIT",
      message: "The server is answering as many streams as it may. Try again shortly.",
    };
  }
  if (/(?:send|Received) message .*(?:size|larger)/u.test(details)) {
    return {
      code: "INVALID_REQUEST",
      message: "The message is larger than the server takes. Send less at once.",
    };
  }
  return { code: "RATE_LIMITED" };
}

function readErrorInfo(
  metadata: Metadata | undefined,
): { readonly code: ErrorCode; readonly message?: string; readonly field?: string } | undefined {
  const [packed] = metadata?.get(DETAILS_KEY) ?? [];
  if (!(packed instanceof Uint8Array)) return undefined;
  try {
    const rpcStatus = fromBinary(StatusSchema, packed);
    for (const any of rpcStatus.details) {
      const info = anyUnpack(any, ErrorInfoSchema);
      if (info?.domain !== ERROR_DOMAIN || !isErrorCode(info.reason)) continue;
      const field = info.metadata["field"];
      return {
        code: info.reason,
        ...(rpcStatus.message === "" ? {} : { message: rpcStatus.message }),
        ...(field === undefined ? {} : { field }),
      };
    }
  } catch {
    // Broken details say less than the plain status, which is still there.
  }
  return undefined;
}

function readRetryAfterMs(metadata: Metadata | undefined): number | undefined {
  const [value] = metadata?.get(RETRY_AFTER_KEY) ?? [];
  const waitMs = typeof value === "string" && /^\d{1,9}$/u.test(value) ? Number(value) : undefined;
  return waitMs;
}

function shorten(text: string): string {
  return text.length <= MESSAGE_MAX_CHARS ? text : `${text.slice(0, MESSAGE_MAX_CHARS - 1)}…`;
}
