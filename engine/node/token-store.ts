import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger, TokenStore } from "#engine/ports.ts";
import { CREDENTIALS_FILE, createCredentialsFileTokenStore } from "./credentials-file-token-store.ts";
import { createKeychainTokenStore } from "./keychain-token-store.ts";
import type { KeychainOptions } from "./keychain.ts";
import type { TokenStoreScope } from "./token-store-scope.ts";

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
  if (options.prefer === "file") return createCredentialsFileTokenStore({ ...scope, logger });
  try {
    const keychain = options.keychain === undefined ? {} : { keychain: options.keychain };
    const store = await createKeychainTokenStore({ ...scope, ...keychain, logger });
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
