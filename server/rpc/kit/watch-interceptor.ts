import type { Interceptor } from "@connectrpc/connect";
import type { TokenGuard } from "#server/domain/tokens/token-guard.ts";
import { callerKey } from "./call-context.ts";

/**
 * Aborts a stream when the sign-in of its caller ends, with the error that it then ends by; the gate has seen to its
 * begin. Stands before what turns errors into those of the wire, which reads the reason of the abort.
 */
export function createWatchInterceptor(guard: Pick<TokenGuard, "watch">): Interceptor {
  return (next) => async (request) => {
    const caller = request.contextValues.get(callerKey);
    if (caller === undefined || !request.stream) return next(request);
    const ended = new AbortController();
    const watch = guard.watch(caller, (error) => ended.abort(error));
    // The library aborts it when the call is over, however that came.
    request.signal.addEventListener("abort", () => watch[Symbol.dispose](), { once: true });
    return next({ ...request, signal: AbortSignal.any([request.signal, ended.signal]) });
  };
}
