import { Code, ConnectError } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";

/** `google.rpc.ErrorInfo.domain` of all our errors. */
const ERROR_DOMAIN = "pipit";
/** Metadata (a trailer in gRPC) that says how long to wait before a retry. */
const RETRY_AFTER_HEADER = "retry-after-ms";
/** For what is away or busy, where an error knows no better; as routes answer it. */
const RETRY_AFTER_SECONDS = 1;

/** An error in its wire form: canonical status, safe text, ErrorInfo, and how long to wait before a retry. */
export function toConnectError(error: PipitError): ConnectError {
  return new ConnectError(
    error.message,
    error.grpcStatus,
    retryHeaders(error),
    [
      {
        desc: ErrorInfoSchema,
        value: {
          reason: error.code,
          domain: ERROR_DOMAIN,
          metadata: error.field === undefined ? {} : { field: error.field },
        },
      },
    ],
    error,
  );
}

/** Ours in milliseconds, and the one of HTTP, which every client of Connect knows, where the status there is 503 or 429. */
function retryHeaders({ retryAfterMs, grpcStatus }: PipitError): Readonly<Record<string, string>> {
  if (retryAfterMs === undefined)
    return grpcStatus === Code.Unavailable ? { "retry-after": String(RETRY_AFTER_SECONDS) } : {};
  return {
    [RETRY_AFTER_HEADER]: String(Math.ceil(retryAfterMs)),
    "retry-after": String(Math.ceil(retryAfterMs / 1000)),
  };
}

/**
 * Anything a handler or the RPC library threw, as our error; undefined for what the library says about the protocol
 * itself (unknown method, unknown service), which stays as it is.
 *
 * @param signal of the call: when it was aborted for a reason of ours (server stopping, deadline), that is the error
 */
export function fromRpcReason(reason: unknown, signal: AbortSignal): PipitError | undefined {
  if (reason instanceof ConnectError) return fromConnectError(reason);
  const error = PipitError.from(reason);
  if (error.code !== "CANCELLED" || !signal.aborted) return error;
  const cause: unknown = signal.reason;
  if (cause instanceof PipitError) return cause;
  return cause instanceof ConnectError && cause.code === Code.DeadlineExceeded
    ? fromConnectError(cause)
    : error;
}

/** The error for a message over the wire's limit. */
export function messageTooLarge(maxBytes: number, cause?: unknown): PipitError {
  return new PipitError(
    "MESSAGE_TOO_LARGE",
    `The message is larger than ${maxBytes} bytes. Send it in parts.`,
    {
      cause,
    },
  );
}

/** The error for a message that its sender compressed although this server offered no way to. */
export function compressedMessage(cause?: unknown): PipitError {
  return new PipitError("INVALID_REQUEST", "This server takes no compressed messages. Send it as it is.", {
    cause,
  });
}

const PARSE_FAILURE = "parse binary: ";
const COMPRESSED = "received compressed envelope";

function unreadable(error: ConnectError): PipitError {
  const why = error.rawMessage.replace(PARSE_FAILURE, "");
  return new PipitError("INVALID_REQUEST", `The request could not be read: ${why}.`, { cause: error });
}

function fromConnectError(error: ConnectError): PipitError | undefined {
  if (error.cause instanceof PipitError) return error.cause;
  switch (error.code) {
    case Code.ResourceExhausted:
      return messageTooLarge(
        Number(/readMaxBytes (\d+)/u.exec(error.rawMessage)?.[1] ?? MESSAGE_MAX_BYTES),
        error,
      );
    case Code.InvalidArgument:
      return unreadable(error);
    case Code.DeadlineExceeded:
      return new PipitError("DEADLINE_EXCEEDED", "The call took longer than its deadline.", { cause: error });
    case Code.Canceled:
    case Code.Aborted:
      return new PipitError("CANCELLED", "Cancelled.", { cause: error });
    case Code.Internal:
    case Code.Unknown:
      // The library takes broken bytes of a caller for a fault of its own.
      if (error.rawMessage.startsWith(COMPRESSED)) return compressedMessage(error);
      return error.rawMessage.startsWith(PARSE_FAILURE) ? unreadable(error) : PipitError.from(error);
    default:
      return undefined;
  }
}
