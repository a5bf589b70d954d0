import { ConnectError } from "@connectrpc/connect";
import { isErrorCode, type ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { parseRetryAfterMs, plainStatus, shorten, type StatusWording } from "#engine/wire/plain-status.ts";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";

const RETRY_AFTER_KEY = "retry-after-ms";
const ERROR_DOMAIN = "pipit";

function wordingFor(server: string): StatusWording {
  return {
    deadline: `The server at ${server} took too long and the call was given up. Try again.`,
    notPipit: `The server at ${server} does not understand this page. Reload the page to get its present version.`,
    unreachable: `The Pipit server at ${server} does not answer. Check that it runs and that you are online.`,
    failed: `The server at ${server} failed to answer. Its log has the details.`,
  };
}

/** Turns how a call ended into the one error class. Never lets a server's text become a code of ours. */
export function connectError(reason: unknown, server: string): PipitError {
  if (reason instanceof PipitError) return reason;
  const error = ConnectError.from(reason);
  const retryAfterMs = parseRetryAfterMs(error.metadata.get(RETRY_AFTER_KEY) ?? undefined);
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  const info = readErrorInfo(error);
  if (info !== undefined) {
    const field = info.field === undefined ? {} : { field: info.field };
    return new PipitError(info.code, shorten(error.rawMessage), { cause: error, ...field, ...retry });
  }
  const detail = shorten(error.rawMessage);
  if (isBroken(error)) {
    const { unreachable } = wordingFor(server);
    return new PipitError("SERVER_UNREACHABLE", unreachable, { cause: error, detail });
  }
  const plain = plainStatus(error.code, wordingFor(server));
  const message = plain.message ?? (detail || "The server gave no reason.");
  return new PipitError(plain.code, message, { cause: error, detail, ...retry });
}

/** What `fetch` rejects with, and a body that ends too early: the library wraps both. A status from the wire has no cause. */
function isBroken(error: ConnectError): boolean {
  return error.cause instanceof TypeError || typeof error.cause === "string";
}

function readErrorInfo(
  error: ConnectError,
): { readonly code: ErrorCode; readonly field: string | undefined } | undefined {
  for (const info of error.findDetails(ErrorInfoSchema)) {
    if (info.domain === ERROR_DOMAIN && isErrorCode(info.reason))
      return { code: info.reason, field: info.metadata["field"] };
  }
  return undefined;
}
