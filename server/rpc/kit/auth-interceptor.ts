import { Code, type HandlerContext } from "@connectrpc/connect";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ServerContext } from "#server/compose/context.ts";
import {
  admit,
  isOpen,
  isWithoutCaller,
  type Access,
  type CallerAccess,
} from "#server/domain/access/access.ts";
import type { Authenticate } from "#server/domain/access/authenticate.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { isToldAsOutage } from "#server/domain/outage.ts";
import { callerKey, pageKey, peerKey } from "./call-context.ts";
import { fromRpcReason, toConnectError } from "./connect-error.ts";
import type { RpcService } from "./rpc-service.ts";

/** Their original clients send the bare token in the metadata `token`, and look for "Invalid token". */
const originalServices: ReadonlySet<string> = new Set(["Otp", "Messaging"]);

/**
 * The one place where an RPC learns its caller, and where what its service declares is checked. It is connect's request
 * gate: it sees the headers of every call, unary and streaming, before a byte of the body is read, so a stranger cannot
 * make the server buffer or parse anything.
 */
export function createAuthInterceptor(
  deps: Pick<ServerContext, "authenticate" | "logger"> & {
    readonly services: readonly Pick<RpcService, "service" | "access">[];
  },
): (context: HandlerContext) => Promise<void> {
  const tables = new Map(deps.services.map(({ service, access }) => [service.typeName, access]));
  return async (context) => {
    const access: Access | undefined = tables.get(context.service.typeName)?.[context.method.localName];
    if (access?.who === "anyone") return;
    try {
      if (access === undefined || isOpen(access)) {
        throw new Error(`no caller is declared for ${context.service.typeName}/${context.method.name}`);
      }
      context.values.set(callerKey, await callerOf(context, access, deps.authenticate));
    } catch (reason) {
      const error = toOriginal(fromRpcReason(reason, context.signal), context);
      logRefusal(deps.logger, context.method.name, error, reason);
      throw error === undefined ? reason : toConnectError(error);
    }
  };
}

function logRefusal(logger: Logger, rpc: string, error: PipitError | undefined, reason: unknown): void {
  const fields = { rpc, reason: error?.code };
  if (error?.code === "INTERNAL") logger.error("rpc.auth_failed", { ...fields, error: reason });
  else if (error !== undefined && isToldAsOutage(error)) logger.debug("rpc.refused", fields);
  else logger.info("rpc.refused", fields);
}

/** Undefined for a call that may come without one. Throws as {@link admit}. */
async function callerOf(
  context: HandlerContext,
  access: CallerAccess,
  authenticate: Authenticate,
): Promise<Caller | undefined> {
  const shown = {
    authorization: authorizationOf(context),
    page: context.values.get(pageKey),
    internalKey: context.requestHeader.get("x-internal-auth"),
  };
  const peer = context.values.get(peerKey);
  return isWithoutCaller(access, shown, peer) ? undefined : admit(authenticate, access, shown, peer);
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
