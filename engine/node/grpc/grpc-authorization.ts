import { InterceptingCall, Metadata, status, type Interceptor } from "@grpc/grpc-js";

export interface AuthorizationOptions {
  readonly accessToken: (signal: AbortSignal) => Promise<string>;
  /** Of the one call that this interceptor serves. */
  readonly signal: AbortSignal;
  /** Told why there is no token, before the call ends with UNAUTHENTICATED. */
  readonly onFailure: (reason: unknown) => void;
}

/** The one place that puts a token on the wire: it waits for a live one, then lets the call start. */
export function authorizationInterceptor(options: AuthorizationOptions): Interceptor {
  return (callOptions, nextCall) =>
    new InterceptingCall(nextCall(callOptions), {
      start(metadata, listener, next) {
        const start = (token: string) => {
          // A call cancelled meanwhile must not reach the server any more.
          if (options.signal.aborted) throw options.signal.reason;
          metadata.set("authorization", `Bearer ${token}`);
          next(metadata, listener);
        };
        const refuse = (reason: unknown) => {
          options.onFailure(reason);
          const code = options.signal.aborted ? status.CANCELLED : status.UNAUTHENTICATED;
          listener.onReceiveStatus({ code, details: "no access token", metadata: new Metadata() });
        };
        untilAborted(options.accessToken(options.signal), options.signal).then(start).catch(refuse);
      },
    });
}

/** A token source that is slow to notice the signal must not hold up a cancelled call. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
