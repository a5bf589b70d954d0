import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { TokenStore } from "#engine/ports.ts";
import { createKeychain, type KeychainOptions } from "./keychain.ts";
import { scopeKey, type TokenStoreScope } from "./token-store-scope.ts";

export interface TokenStoreOptions {
  /** PIPIT_HOME. */
  readonly home: string;
  readonly serverUrl: string;
  /** True for the server whose data lies in this home (ServerHandle.own): its port may change from start to start. */
  readonly ownServer?: boolean;
  /** "file" skips the keychain. Default "auto". */
  readonly prefer?: "auto" | "file";
  readonly keychain?: Omit<KeychainOptions, "account">;
  readonly logger: Logger;
}

/**
 * The keychain, or the credentials file with a `place().fallbackReason` when the keychain cannot be used. A sign-in that
 * a locked keychain holds stays there untouched, and one that was made in the file meanwhile moves into the keychain
 * as soon as that works again: it is the newer one.
 */
export async function openTokenStore(options: TokenStoreOptions): Promise<TokenStore> {
  const scope: TokenStoreScope = {
    home: options.home,
    serverUrl: options.serverUrl,
    ownServer: options.ownServer ?? false,
  };
  const { logger } = options;
  // First of all, and before most of our code is loaded: the keychain's helper process takes longest.
  const firstRead = options.prefer === "file" ? undefined : startReading(scope, options.keychain);
  const { CREDENTIALS_FILE, createCredentialsFileTokenStore } =
    await import("./credentials-file-token-store.ts");
  if (firstRead === undefined) return createCredentialsFileTokenStore({ ...scope, logger });
  const { createKeychainTokenStore } = await import("./keychain-token-store.ts");
  try {
    const keychain = options.keychain === undefined ? {} : { keychain: options.keychain };
    const store = await createKeychainTokenStore({ ...scope, ...keychain, firstRead, logger });
    await adoptFile(createCredentialsFileTokenStore({ ...scope, logger }), store);
    return store;
  } catch (error) {
    if (!isKeychainError(error)) throw error;
    const path = join(options.home, CREDENTIALS_FILE);
    const fallbackReason = `${error.message} The sign-in is kept in ${path}, readable only by you.`;
    logger.warn("token_store.fallback", { code: error.code, reason: error.detail ?? error.message });
    return createCredentialsFileTokenStore({ ...scope, logger, fallbackReason });
  }
}

/** Starts the helper before it returns: what is loaded next leaves no moment for it. */
function startReading(
  scope: TokenStoreScope,
  options: TokenStoreOptions["keychain"],
): Promise<Uint8Array | undefined> {
  try {
    // The scope is made of the folder's real path, so there must be one.
    mkdirSync(scope.home, { recursive: true, mode: 0o700 });
  } catch {
    // The store makes it once more, and says what is wrong.
  }
  const firstRead = createKeychain({ ...options, account: scopeKey(scope) }).read();
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
