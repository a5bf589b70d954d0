import { openGrpc } from "#engine/node/grpc/grpc-transport.ts";
import type { AskServer } from "#engine/ports.ts";
import { createAsk } from "#engine/wire/ask.ts";
import { createRpcTransport } from "#engine/wire/rpc-transport.ts";

/** The engine's own gRPC wire to a benchmark's server, with a token that needs no renewal. */
export function openWire(target: string, accessToken: string): { readonly ask: AskServer } & Disposable {
  const connection = openGrpc({ target, tls: false });
  const transport = createRpcTransport(async () => connection, {
    async attach(headers) {
      headers.set("authorization", `Bearer ${accessToken}`);
      return { accountId: "bench" };
    },
    renewAfter: async () => undefined,
    refuse: async () => undefined,
  });
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  return { ask: createAsk(transport, logger), [Symbol.dispose]: () => connection[Symbol.dispose]() };
}
