import type { DescMethodStreaming } from "@bufbuild/protobuf";
import { createContextKey, type ContextValues, type Transport } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import { throwIfAborted } from "#engine/abort.ts";
import type { Credentials, SignInListener } from "#engine/ports.ts";
import { rpcError, type StatusWording } from "./rpc-error.ts";
import { brokenOff, isRefusedSignIn, signedIn } from "./signed-in.ts";

/** A wire to one server. */
export interface RpcConnection {
  readonly transport: Transport;
  readonly wording: StatusWording;
  /** Told that the server cannot be reached by it any more. */
  readonly lost?: () => Promise<void>;
}

/** A call's own {@link SignInListener}. */
export const signInListener = createContextKey<SignInListener | undefined>(undefined);

/**
 * The transport of all typed clients (`createClient(Service, transport)`), on any wire: it adds the sign-in, renews it
 * once when the server refuses it, and throws nothing but PipitError. An aborted signal is CANCELLED.
 *
 * A stream is handed out when its first message is there (or its end): until then it may have to be asked for again.
 *
 * @param connection the one to use now, made first if need be; throws PipitError
 * @param credentials put on every call
 */
export function createRpcTransport(
  connection: (signal: AbortSignal) => Promise<RpcConnection>,
  credentials: Credentials,
): Transport {
  /** `begin` gets what the call is to be made with, and how to convert what it throws later. */
  async function call<T>(
    request: CallRequest,
    begin: (transport: Transport, headers: Headers, failed: Fail) => Promise<T>,
  ): Promise<T> {
    const { signal = new AbortController().signal } = request;
    throwIfAborted(signal);
    const listener = request.contextValues?.get(signInListener);
    return await signedIn(credentials, signal, async (headers, attachment) => {
      const { transport, wording, lost } = await connection(signal);
      if (request.header !== undefined)
        for (const [name, value] of new Headers(request.header)) headers.set(name, value);
      const failed: Fail = async (reason) => {
        if (signal.aborted) return new PipitError("CANCELLED", "Cancelled.", { cause: reason });
        const error = rpcError(reason, wording);
        if (error.code === "SERVER_UNREACHABLE") await lost?.();
        return error;
      };
      listener?.(attachment);
      throwIfAborted(signal);
      try {
        return await begin(transport, headers, failed);
      } catch (reason) {
        const error = await failed(reason);
        if (isRefusedSignIn(error)) listener?.(undefined);
        throw error;
      }
    });
  }
  return {
    unary: (method, signal, timeoutMs, header, input, contextValues) =>
      call({ signal, header, contextValues }, (transport, headers) =>
        transport.unary(method, signal, timeoutMs, headers, input, contextValues),
      ),
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const messages = await repeatable(method.methodKind, input);
      return await call({ signal, header, contextValues }, async (transport, headers, failed) => {
        const response = await transport.stream(method, signal, timeoutMs, headers, messages, contextValues);
        return Object.assign(response, { message: await begun(response.message, failed) });
      });
    },
  };
}

interface CallRequest {
  readonly signal: AbortSignal | undefined;
  readonly header: ConstructorParameters<typeof Headers>[0];
  readonly contextValues: ContextValues | undefined;
}

type Fail = (reason: unknown) => Promise<PipitError>;

/** The one message that asks for a server stream, to be sent as often as need be. What a client streams is gone once sent. */
async function repeatable<T>(
  kind: DescMethodStreaming["methodKind"],
  input: AsyncIterable<T>,
): Promise<AsyncIterable<T>> {
  const first = await input[Symbol.asyncIterator]().next();
  if (kind !== "server_streaming" || first.done === true)
    throw new PipitError("INVALID_REQUEST", "Only unary calls and server streams can be made.");
  return {
    async *[Symbol.asyncIterator]() {
      yield first.value;
    },
  };
}

/** A stream of which the first message, or the end, is there. */
async function begun<T>(messages: AsyncIterable<T>, failed: Fail): Promise<AsyncIterable<T>> {
  const iterator = messages[Symbol.asyncIterator]();
  let first: IteratorResult<T> | undefined = await iterator.next();
  const rejected = async (reason: unknown): Promise<never> => {
    throw brokenOff(await failed(reason));
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        if (first === undefined) return iterator.next().catch(rejected);
        const result = first;
        first = undefined;
        return Promise.resolve(result);
      },
    }),
  };
}
