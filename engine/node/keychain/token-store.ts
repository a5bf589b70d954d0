import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { TokenStore } from "#engine/ports.ts";
import { isServerOfHome } from "../backend/runtime-info.ts";
import { createFileLogger } from "../files/file-logger.ts";
import type { ChildLauncher } from "../processes/child-launcher.ts";
import { createKeychain, type KeychainOptions } from "./keychain.ts";
import { scopeKey, type TokenStoreScope } from "./token-store-scope.ts";

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
  const { home } = server;
  const logger = createFileLogger(home);
  const opening = openTokenStore({ home, ...serverOf(server), keychain: { launcher }, logger });
  // A program that fails before it awaits this reports its own failure.
  opening.catch(() => undefined);
  return opening;
}

interface TokenStoreOptions extends TokenStoreScope {
  readonly keychain?: Omit<KeychainOptions, "account">;
  readonly logger: Logger;
}

/**
 * The keychain, or the credentials file with a `place().fallbackReason` when the keychain cannot be used. A sign-in that
 * a locked keychain holds stays there untouched, and one that was made in the file meanwhile moves into the keychain
 * as soon as that works again: it is the newer one.
 */
export async function openTokenStore(options: TokenStoreOptions): Promise<TokenStore> {
  // First of all, and before most of our code is loaded: the keychain's helper process takes longest.
  const firstRead = startReading(options);
  const { CREDENTIALS_FILE, createCredentialsFileTokenStore } =
    await import("./credentials-file-token-store.ts");
  const { createKeychainTokenStore } = await import("./keychain-token-store.ts");
  try {
    const store = await createKeychainTokenStore({ ...options, firstRead });
    await adoptFile(createCredentialsFileTokenStore(options), store);
    return store;
  } catch (error) {
    if (!isKeychainError(error)) throw error;
    const path = join(options.home, CREDENTIALS_FILE);
    const fallbackReason = `${error.message} The sign-in is kept in ${path}, readable only by you.`;
    options.logger.warn("token_store.fallback", { code: error.code, reason: error.detail ?? error.message });
    return createCredentialsFileTokenStore({ ...options, fallbackReason });
  }
}

/** Starts the helper before it returns: what is loaded next leaves no moment for it. */
function startReading(options: TokenStoreOptions): Promise<Uint8Array | undefined> {
  try {
    // The scope is made of the folder's real path, so there must be one.
    mkdirSync(options.home, { recursive: true, mode: 0o700 });
  } catch {
    // The store makes it once more, and says what is wrong.
  }
  const firstRead = createKeychain({ ...options.keychain, account: scopeKey(options) }).read();
  // It may fail before a caller awaits it.
  firstRead.catch(() => undefined);
  return firstRead;
}

async function adoptFile(file: TokenStore, keychain: TokenStore): Promise<void> {
  if ((await file.load()) === undefined) return;
  const work = async () => {
    const tokens = await file.load();
    if (tokens === undefined) return;
    await keychain.save(tokens);
    await file.clear();
  };
  await file.withLock(work, new AbortController().signal);
}

function isKeychainError(error: unknown): error is PipitError {
  return (
    error instanceof PipitError && (error.code === "KEYCHAIN_UNAVAILABLE" || error.code === "KEYCHAIN_LOCKED")
  );
}
