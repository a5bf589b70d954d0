import type { TokenStore } from "#engine/ports.ts";
import type { ChildLauncher } from "../processes/child-launcher.ts";
import { createFileLogger } from "../files/file-logger.ts";
import { isServerOfHome } from "../backend/runtime-info.ts";
import { openTokenStore } from "./token-store.ts";

/** The server of this home keeps its tokens under one name, because its port may change with every start. */
const OWN_SERVER_NAME = "http://localhost";

/** Which server a client talks to; without addresses the one of `home`. */
export interface ClientServer {
  /** PIPIT_HOME. */
  readonly home: string;
  readonly serverUrl: string | undefined;
  /** host:port */
  readonly grpcUrl: string | undefined;
}

/** What tokens are kept under: the server that the person named, or this home's own, also when they named just that. */
export function serverOf(server: ClientServer): { readonly serverUrl: string; readonly ownServer: boolean } {
  const { home, serverUrl, grpcUrl } = server;
  const unnamed = serverUrl === undefined && grpcUrl === undefined;
  const ownServer = unnamed || (serverUrl !== undefined && isServerOfHome(home, serverUrl));
  return { serverUrl: ownServer ? OWN_SERVER_NAME : (serverUrl ?? OWN_SERVER_NAME), ownServer };
}

/**
 * Asks the keychain, whose helper process works while this one loads the rest of a program.
 *
 * @throws PipitError STORAGE_*, to the caller that awaits it
 */
export function startTokenStore(server: ClientServer, launcher?: ChildLauncher): Promise<TokenStore> {
  const logger = createFileLogger({ home: server.home });
  const opening = openTokenStore({
    home: server.home,
    ...serverOf(server),
    ...(launcher === undefined ? {} : { keychain: { launcher } }),
    logger,
  });
  // A program that fails before it awaits this reports its own failure.
  opening.catch(() => undefined);
  return opening;
}
