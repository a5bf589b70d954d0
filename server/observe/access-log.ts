import type { Logger } from "#contract/logger.ts";
import { knownMethod } from "./known-method.ts";

/** One request that has ended; nothing of it but the method is a text of the client's. */
export interface AccessedRequest {
  readonly method: string;
  /** A route's pattern, or the service and method of a call; undefined where nothing is. */
  readonly route: string | undefined;
  /** Of HTTP; 200 for all calls by gRPC. */
  readonly status: number;
  /** Of a call, e.g. "ok" or "permission_denied". */
  readonly rpc?: string | undefined;
  readonly durationMs: number;
  /** Of the answer. */
  readonly bytes: number;
  /** Past the trusted proxies. */
  readonly client: string;
  /** Id of the account, where there was one. */
  readonly account?: string | undefined;
  readonly correlationId: string;
  /** The client had gone before its answer was whole. */
  readonly cut: boolean;
}

/** Takes what has ended. Undefined: nobody wants to know. */
export type AccessLog = ((request: AccessedRequest) => void) | undefined;

const rpcFaults: ReadonlySet<string> = new Set(["internal", "unknown", "data_loss", "unavailable"]);

/**
 * A line for a share of all requests, and for each that failed by a fault of this server or of what it stands on.
 *
 * @param share 0 to 1; undefined: no line at all
 * @param random from 0 to below 1
 */
export function createAccessLog(
  share: number | undefined,
  logger: Pick<Logger, "info">,
  random: () => number = Math.random,
): AccessLog {
  if (share === undefined) return undefined;
  return ({ method, durationMs, cut, route = "none", ...request }) => {
    const failed = request.status >= 500 || rpcFaults.has(request.rpc ?? "");
    if (!failed && random() >= share) return;
    const told = { ...request, method: knownMethod(method), route, durationMs: Math.round(durationMs) };
    logger.info("access", { ...told, ...(cut && { cut }) });
  };
}
