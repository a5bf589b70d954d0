import { Code, ConnectError } from "@connectrpc/connect";
import { isErrorCode, type ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";

const RETRY_AFTER_KEY = "retry-after-ms";
const ERROR_DOMAIN = "pipit";
/** Longest text of another program that is shown to a person. */
const MESSAGE_MAX_CHARS = 500;

/** The sentences that depend on the host: how its person names the server and mends the connection. */
export interface StatusWording {
  readonly deadline: string;
  readonly notPipit: string;
  readonly unreachable: string;
  /** The connection was there, and broke during the call. */
  readonly broken: string;
  readonly failed: string;
}

/** What a bare status means. Without a `message` the server's own text is shown. */
interface PlainStatus {
  readonly code: ErrorCode;
  readonly message?: string;
}

/**
 * Turns how a call ended, on any wire, into the one error class. ErrorInfo of a Pipit server counts most; a bare status
 * comes from a proxy, a server that is not ours, or the transport itself. A server's text never becomes a code of ours.
 */
export function rpcError(reason: unknown, wording: StatusWording): PipitError {
  if (reason instanceof PipitError) return reason;
  const error = ConnectError.from(reason);
  const retryAfterMs = parseRetryAfterMs(error.metadata.get(RETRY_AFTER_KEY));
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  const text = shortened(error.rawMessage);
  const info = error
    .findDetails(ErrorInfoSchema)
    .find(({ domain, reason: name }) => domain === ERROR_DOMAIN && isErrorCode(name));
  if (info !== undefined) {
    const field = info.metadata["field"];
    const where = field === undefined ? {} : { field };
    return PipitError.fromWire(info.reason, text, { cause: error, ...where, ...retry });
  }
  const { code, message = text || "The server gave no reason." } = plainStatus(error, wording);
  return new PipitError(code, message, { cause: error, detail: text, ...retry });
}

function plainStatus(error: ConnectError, wording: StatusWording): PlainStatus {
  if (isBroken(error)) return { code: "SERVER_UNREACHABLE", message: wording.broken };
  if (error.code === Code.ResourceExhausted) return exhausted(error.rawMessage);
  const statuses: Partial<Record<Code, PlainStatus>> = {
    [Code.Canceled]: { code: "CANCELLED", message: "Cancelled." },
    [Code.InvalidArgument]: { code: "INVALID_REQUEST" },
    [Code.OutOfRange]: { code: "INVALID_REQUEST" },
    [Code.FailedPrecondition]: { code: "INVALID_REQUEST" },
    [Code.DeadlineExceeded]: { code: "DEADLINE_EXCEEDED", message: wording.deadline },
    [Code.NotFound]: { code: "CHAT_NOT_FOUND" },
    [Code.PermissionDenied]: { code: "NOT_ALLOWED" },
    [Code.Aborted]: { code: "TURN_RUNNING_ELSEWHERE" },
    [Code.Unimplemented]: { code: "CONFIG_INVALID", message: wording.notPipit },
    [Code.Unavailable]: { code: "SERVER_UNREACHABLE", message: wording.unreachable },
    [Code.Unauthenticated]: {
      code: "TOKEN_INVALID",
      message: "The server refused the sign-in. Sign in again.",
    },
  };
  return statuses[error.code] ?? { code: "INTERNAL", message: wording.failed };
}

/** RESOURCE_EXHAUSTED is also what grpc-js itself says about a message over the limit: sending it again cannot help. */
function exhausted(text: string): PlainStatus {
  if (text.startsWith("STREAM_LIMIT_EXCEEDED")) {
    const message = "The server is answering as many streams as it may. Try again shortly.";
    return { code: "STREAM_LIMIT", message };
  }
  if (/(?:send|Received) message .*(?:size|larger)/u.test(text)) {
    const message = "The message is larger than the server takes. Send less at once.";
    return { code: "INVALID_REQUEST", message };
  }
  return { code: "RATE_LIMITED" };
}

/**
 * The connection, not the server, ended the call. A page: what `fetch` rejects with (TypeError), and a body that ends
 * too early (a string), both wrapped by the library; a status from the wire has no such cause. grpc-js: INTERNAL with the
 * socket's error in the text, or CANCELLED through RST_STREAM for a server that shuts down by force, or for a channel that
 * was closed because another call on it found the server gone. An interrupt of our server carries details, and a cancel
 * by the caller never comes here.
 */
function isBroken({ cause, code, rawMessage }: ConnectError): boolean {
  if (cause instanceof TypeError || typeof cause === "string") return true;
  if (code === Code.Canceled) return /RST_STREAM|Call cancelled|Cancelled on client/u.test(rawMessage);
  const broken = /ECONNRESET|EPIPE|ETIMEDOUT|ERR_HTTP2|Connection dropped|RST_STREAM with code [27]\b/u;
  return code === Code.Internal && broken.test(rawMessage);
}

function shortened(text: string): string {
  return text.length <= MESSAGE_MAX_CHARS ? text : `${text.slice(0, MESSAGE_MAX_CHARS - 1)}…`;
}

function parseRetryAfterMs(value: string | null): number | undefined {
  return value !== null && /^\d{1,9}$/u.test(value) ? Number(value) : undefined;
}
