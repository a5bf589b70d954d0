import type { HandlerContext } from "@connectrpc/connect";
import type { Authenticate } from "#server/authenticate.ts";
import type { Logger } from "#server/domain/logger.ts";
import { callerKey } from "./caller-context.ts";
import { fromRpcReason, toConnectError } from "./connect-error.ts";
import { pageKey, peerKey } from "./peer-context.ts";

/** Services that answer anybody: they say nothing about anybody. */
const publicServices: ReadonlySet<string> = new Set([
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
]);

export interface AuthInterceptorDeps {
  readonly authenticate: Authenticate;
  readonly logger: Logger;
}

/**
 * The one place where an RPC learns its caller. It is connect's request gate: it sees the headers of every call, unary
 * and streaming, before a byte of the body is read, so a stranger cannot make the server buffer or parse anything.
 */
export function createAuthInterceptor(deps: AuthInterceptorDeps): (context: HandlerContext) => Promise<void> {
  return async (context) => {
    if (publicServices.has(context.service.typeName)) return;
    try {
      const caller = await deps.authenticate(
        {
          authorization: context.requestHeader.get("authorization"),
          page: context.values.get(pageKey),
        },
        context.values.get(peerKey),
      );
      context.values.set(callerKey, caller);
    } catch (reason) {
      const error = fromRpcReason(reason, context.signal);
      const fields = { rpc: context.method.name, reason: error?.code, error: reason };
      if (error?.code === "INTERNAL") deps.logger.error("rpc.auth_failed", fields);
      else deps.logger.info("rpc.refused", { rpc: context.method.name, reason: error?.code });
      throw error === undefined ? reason : toConnectError(error);
    }
  };
}
