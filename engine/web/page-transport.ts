import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import type { Logger } from "#contract/logger.ts";
import type { AskServer, Credentials } from "#engine/ports.ts";
import { createAsk } from "#engine/wire/ask.ts";
import { askForSigns, fetchAlive } from "./live-streams.ts";
import { createRpcTransport, type RpcConnection } from "#engine/wire/rpc-transport.ts";

/**
 * The wire of the web page, for typed clients: the Connect protocol with binary messages.
 *
 * @param serverUrl the origin that the page came from, e.g. "http://127.0.0.1:8787": the browser adds its cookies
 */
export function createPageTransport(serverUrl: string, credentials: Credentials): Transport {
  const unreachable = `The Pipit server at ${serverUrl} does not answer. Check that it runs and that you are online.`;
  const connection: RpcConnection = {
    transport: createConnectTransport({
      baseUrl: serverUrl,
      useBinaryFormat: true,
      interceptors: [askForSigns],
      fetch: fetchAlive,
    }),
    wording: {
      deadline: `The server at ${serverUrl} took too long and the call was given up. Try again.`,
      notPipit: `The server at ${serverUrl} does not understand this page. Reload the page to get its present version.`,
      unreachable,
      // A browser does not tell a page why a request failed.
      broken: unreachable,
      failed: `The server at ${serverUrl} failed to answer. Its log has the details.`,
    },
  };
  return createRpcTransport(() => Promise.resolve(connection), credentials);
}

/** Asks over {@link createPageTransport}; here so that the page loads one script for it, not three. */
export function createPageAsk(serverUrl: string, credentials: Credentials, logger: Logger): AskServer {
  return createAsk(createPageTransport(serverUrl, credentials), logger);
}
