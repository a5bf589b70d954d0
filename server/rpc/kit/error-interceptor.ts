import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import { isToldAsOutage } from "#server/domain/outage.ts";
import { fromRpcReason, toConnectError } from "./connect-error.ts";

/** Turns whatever a handler throws, before or in the middle of its stream, into the error of the wire, and logs it. */
export function createErrorInterceptor(logger: Logger): Interceptor {
  return (next) => async (request) => {
    const convert = (reason: unknown): unknown => {
      const error = fromRpcReason(reason, request.signal);
      log(logger, request.method.name, error, reason);
      return error === undefined ? reason : toConnectError(error);
    };
    try {
      const response = await next(
        request.stream ? { ...request, message: mapErrors(request.message, failRequest) } : request,
      );
      if (!response.stream) return response;
      const fail = (reason: unknown): never => {
        throw convert(reason);
      };
      return { ...response, message: mapErrors(response.message, fail) };
    } catch (reason) {
      throw convert(reason);
    }
  };
}

/** What the library says of a client's bytes stays; anything else is the client's connection, which broke off. */
function failRequest(reason: unknown): never {
  throw reason instanceof ConnectError
    ? reason
    : new PipitError("CANCELLED", "The client broke off its request.", { cause: reason });
}

function log(logger: Logger, rpc: string, error: PipitError | undefined, reason: unknown): void {
  if (error === undefined) logger.info("rpc.protocol_error", { rpc, error: reason });
  else if (error.code === "INTERNAL") logger.error("rpc.failed", { rpc, reason: error.code, error: reason });
  else if (error.code === "CANCELLED" || isToldAsOutage(error))
    logger.debug("rpc.ended", { rpc, reason: error.code });
  else logger.info("rpc.failed", { rpc, reason: error.code, field: error.field, detail: error.detail });
}

/** A generator would cost another promise per message, and messages are what this server makes most of. */
function mapErrors<T>(source: AsyncIterable<T>, fail: (reason: unknown) => never): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      return {
        next: () => iterator.next().catch(fail),
        return: async (value) => (await iterator.return?.(value)) ?? { done: true, value: undefined },
        throw: async (reason) => {
          if (iterator.throw === undefined) throw reason;
          return iterator.throw(reason);
        },
      };
    },
  };
}
