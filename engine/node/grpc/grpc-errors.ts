import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { status, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { isErrorCode, type ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import {
  parseRetryAfterMs,
  plainStatus,
  shorten,
  type PlainStatus,
  type StatusWording,
} from "#engine/wire/plain-status.ts";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";
import { StatusSchema } from "#proto/google/rpc/status_pb.ts";

const DETAILS_KEY = "grpc-status-details-bin";
const RETRY_AFTER_KEY = "retry-after-ms";
const ERROR_DOMAIN = "pipit";
/** How a person of a Node host names the server and mends the connection. */
function wordingFor(target: string): StatusWording {
  return {
    deadline: `The server at ${target} took too long and the call was given up. Try again.`,
    notPipit: `The server at ${target} is not a Pipit server. Check PIPIT_GRPC_URL.`,
    unreachable: `No Pipit server answers at ${target}. Start one with \`pipit serve\`, or check PIPIT_GRPC_URL.`,
    failed: `The server at ${target} failed to answer. Its log has the details.`,
  };
}

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
  const plain = classifyPlain(error, target);
  const message = plain.message ?? (shorten(error.details) || "The server gave no reason.");
  return new PipitError(plain.code, message, {
    cause: error,
    detail: shorten(error.details),
    ...retry,
  });
}

/** True for what grpc-js rejects and emits when a call ends with a status other than OK. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

function classifyPlain(error: ServiceError, target: string): PlainStatus {
  if (isBrokenConnection(error)) {
    return {
      code: "SERVER_UNREACHABLE",
      message: `The connection to the server at ${target} broke. Try again.`,
    };
  }
  if (error.code === status.RESOURCE_EXHAUSTED) return classifyExhausted(error.details);
  return plainStatus(error.code, wordingFor(target));
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
function classifyExhausted(details: string): PlainStatus {
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
  return parseRetryAfterMs(metadata?.get(RETRY_AFTER_KEY)[0]);
}
