import { Code, ConnectError, createContextKey, type HandlerContext } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import type { CallMetrics } from "#server/observe/metrics.ts";
import { callerKey } from "./call-context.ts";
import type { Tracing } from "#server/observe/tracing.ts";

type RequestGate = (context: HandlerContext) => Promise<void>;

/** What a call came to. */
export interface EndedCall {
  /** Service and method, as the server declares them. */
  readonly method: string;
  /** The status by its name, e.g. "ok" or "permission_denied". */
  readonly code: string;
  /** Id of the account, where there was one. */
  readonly account: string | undefined;
}

/** Told when the call has ended; set by ports that want to know. */
export const endedKey = createContextKey<((call: EndedCall) => void) | undefined>(undefined, {
  description: "told of the end",
});

/**
 * Counts every call that reaches the gate, of whatever wire, also those that it refuses. The library aborts the signal of a
 * call when it is over, with what it failed with, so this costs nothing per message.
 */
export function measureCalls(
  gate: RequestGate,
  metrics: CallMetrics,
  tracing?: Pick<Tracing, "call">,
): RequestGate {
  return (context) => {
    const { service, method, signal, values } = context;
    const startedMs = performance.now();
    const name = `${service.typeName}/${method.name}`;
    const traced = tracing?.call(name);
    const onEnd = (): void => {
      const account = values.get(callerKey)?.userId;
      const call = { method: name, code: codeOf(signal.reason), account };
      traced?.(call.code);
      metrics.rpc(call.method, call.code, performance.now() - startedMs);
      const error = ourErrorIn(signal.reason);
      if (error !== undefined) metrics.errorTold(error.code);
      values.get(endedKey)?.(call);
    };
    if (signal.aborted) onEnd();
    else signal.addEventListener("abort", onEnd, { once: true });
    return gate(context);
  };
}

/** Who has left is told nothing. */
function ourErrorIn(reason: unknown): PipitError | undefined {
  const error = reason instanceof ConnectError ? reason.cause : reason;
  return error instanceof PipitError && error.code !== "CANCELLED" ? error : undefined;
}

/**
 * Whether the client, or the network, broke the call off: @connectrpc/connect-node says "internal" of the codes of HTTP/2 for
 * that (RFC 9113, section 7), which no fault of this server is told by.
 */
function isReset(reason: unknown): boolean {
  return (
    reason instanceof ConnectError && reason.rawMessage.startsWith("http/2 stream closed with error code")
  );
}

function codeOf(reason: unknown): string {
  const error = ourErrorIn(reason);
  if (error !== undefined) return nameOf(error.grpcStatus);
  if (isReset(reason)) return nameOf(Code.Canceled);
  if (reason instanceof ConnectError) return nameOf(reason.code);
  if (reason instanceof PipitError) return nameOf(Code.Canceled);
  // Without a reason of its own, the call was over and had gone well.
  return reason instanceof DOMException && reason.name === "AbortError" ? "ok" : nameOf(Code.Internal);
}

/** As the Connect protocol spells it (https://connectrpc.com/docs/protocol#error-codes). */
function nameOf(code: Code): string {
  const name = Code[code] ?? "Unknown";
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
