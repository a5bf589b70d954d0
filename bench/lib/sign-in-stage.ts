import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import type { Logger } from "#contract/logger.ts";
import { openClient, type Client } from "#engine/node/client.ts";
import { createFileLogger } from "#engine/node/files/file-logger.ts";
import { createCredentialsFileTokenStore } from "#engine/node/keychain/credentials-file-token-store.ts";
import type { TokenStore } from "#engine/ports.ts";
import { serverOf } from "#engine/node/keychain/token-store.ts";
import { makeHome, type PipitMain } from "./pipit-main.ts";

export const PASSWORD = "Correct-horse-1";

/** The whole client of a terminal that names its server, with its tokens in a file. */
export interface Person extends Client {
  readonly store: TokenStore;
  readonly logger: Logger;
}

export async function openPerson(address: Pick<PipitMain, "httpUrl" | "grpcUrl">): Promise<Person> {
  await using opening = new AsyncDisposableStack();
  const { path: home } = opening.use(await makeHome());
  const server = { home, serverUrl: address.httpUrl, grpcUrl: address.grpcUrl };
  const logger = createFileLogger(home);
  const store = createCredentialsFileTokenStore({ home, ...serverOf(server), logger });
  const client = opening.use(
    await openClient({
      server,
      serverEntry: "",
      clientId: CLI_CLIENT_ID,
      locale: "en",
      searchAllChats: false,
      speak: false,
      speaker: undefined,
      tokenStore: Promise.resolve(store),
    }),
  );
  const owned = opening.move();
  return { ...client, store, logger, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A way to a port of this machine on which everything needs `oneWayMs` in each direction, as on a network. */
export async function startSlowWay(
  target: string,
  oneWayMs: number,
): Promise<AsyncDisposable & { readonly host: string }> {
  const { hostname, port } = new URL(`http://${target}`);
  const open = new Set<Socket>();
  const carry = (from: Socket, to: Socket): void => {
    open.add(from);
    from.on("data", (bytes: Buffer) => void sleep(oneWayMs).then(() => to.writable && to.write(bytes)));
    from.on("end", () => void sleep(oneWayMs).then(() => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => open.delete(from));
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
    carry(near, far);
    carry(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
