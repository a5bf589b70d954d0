import { Code, type HandlerContext } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import { requireUser, type Authenticate } from "#server/domain/access/authenticate.ts";
import type { Logger } from "#contract/logger.ts";
import { requireScope } from "#server/domain/tokens/scopes.ts";
import { callerKey } from "./caller-context.ts";
import { fromRpcReason, toConnectError } from "./connect-error.ts";
import { pageKey, peerKey } from "./peer-context.ts";

/** Services that answer anybody: they say nothing about anybody, or they are how one gets a token (Auth). */
const publicServices: ReadonlySet<string> = new Set([
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
  "Auth",
]);
/** Their original clients send the bare token in the metadata `token`, and look for "Invalid token" (contracts §2). */
const originalServices: ReadonlySet<string> = new Set(["Otp", "Messaging"]);
/** The call that takes the code of the second factor. */
const codeCall = "Otp/CheckOtp";

export interface AuthInterceptorDeps {
  readonly authenticate: Authenticate;
  readonly logger: Logger;
}

/**
 * The one place where an RPC learns its caller. It is connect's request gate: it sees the headers of every call, unary
 * and streaming, before a byte of the body is read, so a stranger cannot make the server buffer or parse anything. All
 * RPCs are for people who may write: a service, and a token for less, is refused with NOT_ALLOWED.
 */
export function createAuthInterceptor(deps: AuthInterceptorDeps): (context: HandlerContext) => Promise<void> {
  return async (context) => {
    if (publicServices.has(context.service.typeName)) return;
    try {
      const caller = await deps.authenticate(
        {
          authorization: authorizationOf(context),
          page: context.values.get(pageKey),
          internalKey: context.requestHeader.get("x-internal-auth"),
          allowPendingOtp: `${context.service.typeName}/${context.method.name}` === codeCall,
        },
        context.values.get(peerKey),
      );
      requireUser(caller);
      // Original clients without a token have no scope, and ask all the same.
      if (!caller.anonymous) requireScope(caller, "api:write");
      context.values.set(callerKey, caller);
    } catch (reason) {
      const error = toOriginal(fromRpcReason(reason, context.signal), context);
      const fields = { rpc: context.method.name, reason: error?.code, error: reason };
      if (error?.code === "INTERNAL") deps.logger.error("rpc.auth_failed", fields);
      else deps.logger.info("rpc.refused", { rpc: context.method.name, reason: error?.code });
      throw error === undefined ? reason : toConnectError(error);
    }
  };
}

/** The text that original clients of these services know for a token that is not good. */
function toOriginal(error: PipitError | undefined, { service }: HandlerContext): PipitError | undefined {
  if (error?.grpcStatus !== Code.Unauthenticated || !originalServices.has(service.typeName)) return error;
  const { code, message, field, detail } = error;
  return new PipitError(code, `Invalid token: ${message}`, {
    cause: error,
    ...(field === undefined ? {} : { field }),
    ...(detail === undefined ? {} : { detail }),
  });
}

function authorizationOf({ service, requestHeader }: HandlerContext): string | null {
  const authorization = requestHeader.get("authorization");
  const token = originalServices.has(service.typeName) ? requestHeader.get("token") : null;
  return authorization === null && token !== null ? `Bearer ${token}` : authorization;
}
