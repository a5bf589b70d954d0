import type { Transport } from "@connectrpc/connect";
import type { AskServer, Credentials, StreamCall } from "#engine/ports.ts";
import { createAsk } from "#engine/wire/ask.ts";
import { createRpcTransport } from "#engine/wire/rpc-transport.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { openGrpc, type GrpcTarget } from "../grpc/grpc-transport.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";

export const question: StreamCall = {
  prompt: "hello",
  clientMessageId: "0192f0c0-0000-7000-8000-000000000001",
  hardwareId: "a9d2c5f0-1111-5111-8111-111111111111",
  speak: true,
};

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

/** A server's gRPC wire, for all clients and for the engine. */
export interface Wire extends Disposable {
  readonly transport: Transport;
  readonly ask: AskServer;
}

/** A wire in plaintext, with the token "token-1". */
export function connect(
  target: string,
  options: Partial<GrpcTarget> & { readonly credentials?: Credentials } = {},
): Wire {
  const { credentials = createFakeSession("ann"), ...rest } = options;
  const connection = openGrpc({ target, tls: false, ...rest });
  const transport = createRpcTransport(async () => connection, credentials);
  return {
    transport,
    ask: createAsk(transport, createFakeLogger()),
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}
