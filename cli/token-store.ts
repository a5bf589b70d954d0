import { createFileLogger } from "#engine/node/file-logger.ts";
import { isServerOfHome } from "#engine/node/runtime-info.ts";
import { openTokenStore } from "#engine/node/token-store.ts";
import type { TokenStore } from "#engine/ports.ts";
import type { CliConfig } from "./config.ts";

/** The server of this home keeps its tokens under one name, because its port may change with every start. */
const OWN_SERVER_NAME = "http://localhost";

/** What tokens are kept under: the server that the person named, or this home's own, also when they named just that. */
export function serverOf(config: CliConfig): { readonly serverUrl: string; readonly ownServer: boolean } {
  const { home, serverUrl, grpcUrl } = config;
  const unnamed = serverUrl === undefined && grpcUrl === undefined;
  const ownServer = unnamed || (serverUrl !== undefined && isServerOfHome(home, serverUrl));
  return { serverUrl: ownServer ? OWN_SERVER_NAME : (serverUrl ?? OWN_SERVER_NAME), ownServer };
}

/**
 * Asks the keychain, whose helper process works while this one loads the rest of a command.
 *
 * @throws PipitError STORAGE_*, to whoever awaits it
 */
export function startTokenStore(config: CliConfig): Promise<TokenStore> {
  const logger = createFileLogger({ home: config.home });
  const opening = openTokenStore({ home: config.home, ...serverOf(config), logger });
  // A command that fails before it awaits this has something else to say.
  opening.catch(() => undefined);
  return opening;
}
