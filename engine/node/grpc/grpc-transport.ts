import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError, encodeBinaryHeader, type Transport } from "@connectrpc/connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { Client, Metadata, status as grpcStatus, type StatusObject } from "@grpc/grpc-js";
import type { RpcConnection } from "#engine/wire/rpc-transport.ts";
import { certificateError } from "#contract/texts/certificate-error.ts";
import { channelCredentials, channelOptions } from "./grpc-target.ts";

export interface GrpcTarget {
  /** host:port, e.g. "127.0.0.1:50051" or "[::1]:50051". */
  readonly target: string;
  /** Default true. False (plaintext) is taken only for a loopback target. */
  readonly tls?: boolean;
}

/**
 * The gRPC wire of Node hosts: one channel, opened by the first call; disposing cancels what runs on it.
 *
 * @throws PipitError CONFIG_INVALID for a malformed target, or plaintext to another machine.
 */
export function openGrpc({ target, tls = true }: GrpcTarget): RpcConnection & Disposable {
  const client = new Client(target, channelCredentials(target, tls), channelOptions(target));
  const running = new Set<RunningCall>();
  return {
    transport: createTransport(client, running, target),
    wording: {
      deadline: `The server at ${target} took too long and the call was given up. Try again.`,
      notPipit: `The server at ${target} does not know this call: it is another program, or an older Pipit. Check PIPIT_GRPC_URL, or update the server.`,
      unreachable: `No Pipit server answers at ${target}. Start one with \`pipit serve\`, or check PIPIT_GRPC_URL.`,
      broken: `The connection to the server at ${target} broke. Try again.`,
      failed: `The server at ${target} failed to answer. Its log has the details.`,
    },
    [Symbol.dispose]() {
      // Closing a channel alone lets its calls go on.
      for (const call of running) call.cancel();
      client.close();
    },
  };
}

type RunningCall = ReturnType<Client["makeServerStreamRequest"]>;

/** connect-es' transport on grpc-js, for unary calls and server streams. Throws ConnectError; PipitError CERTIFICATE_REFUSED. */
function createTransport(client: Client, running: Set<RunningCall>, target: string): Transport {
  async function start<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly input: I; readonly output: O },
    input: MessageInitShape<I>,
    { signal, timeoutMs, header }: CallParts,
  ) {
    signal?.throwIfAborted();
    const metadata = toMetadata(header instanceof Headers ? header : new Headers(header));
    const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    const call = client.makeServerStreamRequest(
      `/${method.parent.typeName}/${method.name}`,
      (message: MessageShape<I>) => asBuffer(toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      create(method.input, input),
      metadata,
      deadline,
    );
    running.add(call);
    const onAbort = () => call.cancel();
    signal?.addEventListener("abort", onAbort, { once: true });
    let last: StatusObject | undefined;
    const ended = new Promise<StatusObject>((resolve) => {
      call.once("status", (status) => {
        last = status;
        running.delete(call);
        signal?.removeEventListener("abort", onAbort);
        resolve(status);
      });
    });
    // The status says the same.
    call.on("error", () => undefined);
    const headers = new Promise<Metadata>((resolve) => call.once("metadata", resolve));
    const messages = read<MessageShape<O>>(call, ended);
    const begun = await Promise.race([headers, ended]);
    if (!(begun instanceof Metadata)) {
      // Only before the first answer: what a server says in its status is no fault of its certificate.
      const untrusted = begun.code === grpcStatus.UNAVAILABLE && certificateError(target, begun.details);
      if (untrusted) throw untrusted;
      throwUnlessOk(begun);
    }
    return {
      messages,
      service: method.parent,
      method,
      // Made when they are asked for, which is hardly ever.
      get header() {
        return toHeaders(begun instanceof Metadata ? begun : undefined);
      },
      get trailer() {
        return toHeaders(last?.metadata);
      },
    };
  }
  return {
    async unary(method, signal, timeoutMs, header, input) {
      const response = await start(method, input, { signal, timeoutMs, header });
      const messages = await Array.fromAsync(response.messages);
      const [message] = messages;
      if (message === undefined || messages.length > 1)
        throw new ConnectError(`${messages.length} messages answer a unary call`, Code.Unimplemented);
      return Object.assign(response, { message, method, stream: false } as const);
    },
    async stream(method, signal, timeoutMs, header, input) {
      const first = await input[Symbol.asyncIterator]().next();
      if (method.methodKind !== "server_streaming" || first.done === true)
        throw new ConnectError("Only unary calls and server streams can be made.", Code.Unimplemented);
      const response = await start(method, first.value, { signal, timeoutMs, header });
      return Object.assign(response, { message: response.messages, method, stream: true } as const);
    },
  };
}

interface CallParts {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly header: ConstructorParameters<typeof Headers>[0];
}

/**
 * The messages of a call, once: the first is on its way before it is asked for. Leaving a loop over them leaves the call as
 * it is, as in all transports of connect-es.
 */
function read<T>(call: RunningCall, ended: Promise<StatusObject>): AsyncIterable<T> {
  // Reading one message at a time from the Readable is the backpressure: grpc-js asks HTTP/2 for no more than that.
  const messages: AsyncIterator<T> = call.iterator({ destroyOnReturn: false });
  const end = async (): Promise<IteratorResult<T>> => {
    throwUnlessOk(await ended);
    return { done: true, value: undefined };
  };
  // The status says the same as an error of the Readable.
  const pull = () => messages.next().then((result) => (result.done === true ? end() : result), end);
  let ahead: Promise<IteratorResult<T>> | undefined = pull();
  ahead.catch(() => undefined);
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const result = ahead ?? pull();
        ahead = undefined;
        return result;
      },
    }),
  };
}

function throwUnlessOk({ code, details, metadata }: StatusObject): void {
  if (code === grpcStatus.OK) return;
  // The numbers of both are those of google/rpc/code.proto.
  const headers = toHeaders(metadata);
  const told = errorInTrailer(headers);
  const error = new ConnectError(told?.rawMessage || details, code as number as Code, headers);
  error.details = told?.details ?? [];
  throw error;
}

/** `grpc-status-details-bin`; broken details say less than the plain status, which is still there. */
function errorInTrailer(trailer: Headers): ConnectError | undefined {
  try {
    return findTrailerError(trailer);
  } catch {
    return undefined;
  }
}

function toMetadata(headers: Headers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of headers)
    metadata.set(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
  return metadata;
}

function toHeaders(metadata: Metadata | undefined): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(metadata?.toJSON() ?? {})) {
    for (const value of values)
      headers.append(name, typeof value === "string" ? value : encodeBinaryHeader(value));
  }
  return headers;
}

/** Without a copy: a message may carry a picture. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
