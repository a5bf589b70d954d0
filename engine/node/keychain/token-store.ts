import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { StoredTokens, TokenStore } from "#engine/ports.ts";
import { isServerOfHome } from "../backend/runtime-info.ts";
import { createFileLogger } from "../files/file-logger.ts";
import { keychainItems, type KeychainAccess, type KeychainHolder } from "./keychain-items.ts";
import { OWN_SERVER_URL, scopeKey, scopeServer, type TokenStoreScope } from "./token-store-scope.ts";

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
  return { serverUrl: ownServer ? OWN_SERVER_URL : (serverUrl ?? OWN_SERVER_URL), ownServer };
}

/**
 * Asks the keychain, whose helper process works while this one loads the rest of a program.
 *
 * @throws PipitError STORAGE_*, to the caller that awaits it
 */
export function startTokenStore(
  server: ClientServer,
  holder: KeychainHolder,
  keychain: KeychainAccess,
): Promise<TokenStore> {
  const { home } = server;
  const logger = createFileLogger(home);
  const opening = openTokenStore({ home, ...serverOf(server), holder, keychain, logger });
  // A program that fails before it awaits this reports its own failure.
  opening.catch(() => undefined);
  return opening;
}

interface TokenStoreOptions extends TokenStoreScope {
  readonly holder: KeychainHolder;
  readonly keychain?: KeychainAccess;
  readonly logger: Logger;
}

/**
 * The keychain, or with a `place().fallbackReason` when that cannot be used: the credentials file, or while a sealed file
 * waits for its key, this program's memory. A sign-in that a locked keychain holds stays there untouched, and one that was
 * made in the file meanwhile moves into the keychain as soon as that works again: it is the newer one.
 */
export async function openTokenStore(options: TokenStoreOptions): Promise<TokenStore> {
  // First of all, and before most of our code is loaded: the keychain's helper process takes longest.
  const firstRead = startReading(options);
  const { CREDENTIALS_FILE, createCredentialsFileTokenStore } =
    await import("./credentials-file-token-store.ts");
  const { createKeychainTokenStore, sealedFile, sealedSignIns } = await import("./keychain-token-store.ts");
  try {
    const store = await createKeychainTokenStore({ ...options, firstRead });
    await adoptFile(createCredentialsFileTokenStore(options), store, scopeServer(options));
    return store;
  } catch (error) {
    if (!isKeychainError(error)) throw error;
    options.logger.warn("token_store.fallback", { code: error.code, reason: error.detail ?? error.message });
    const path = join(options.home, CREDENTIALS_FILE);
    const fallbackReason = `${error.message} The sign-in is kept in ${path}, readable only by you.`;
    const file = createCredentialsFileTokenStore({ ...options, fallbackReason });
    if ((await file.load()) !== undefined || (await sealedSignIns(options)).length === 0) return file;
    const inMemory = `${error.message} The sign-in is kept only while Pipit runs.`;
    return memoryTokenStore(file, options, join(options.home, sealedFile(options)), inMemory);
  }
}

/** For a person whose sealed sign-in cannot be opened now: what they chose to have sealed is not written in clear instead. */
function memoryTokenStore(
  file: TokenStore,
  scope: TokenStoreScope,
  sealed: string,
  fallbackReason: string,
): TokenStore {
  let tokens: StoredTokens | undefined;
  const load = async (accountId = tokens?.accountId) =>
    accountId === tokens?.accountId ? tokens : undefined;
  return {
    load,
    save: async (fresh) => {
      tokens = fresh;
    },
    async clear() {
      tokens = undefined;
      // Signing out needs no key, and the next start must not undo it.
      await rm(sealed, { force: true });
    },
    // The sealed ones cannot be used now.
    async accounts() {
      if (tokens === undefined) return [];
      const { accountId, accountName, local } = tokens;
      return [{ server: scopeServer(scope), accountId, accountName, local, active: true }];
    },
    activate: load,
    withLock: file.withLock,
    place: () => ({ kind: "memory", fallbackReason }),
  };
}

/** Starts the helper before it returns: what is loaded next leaves no moment for it. */
function startReading(options: TokenStoreOptions): Promise<Uint8Array | undefined> {
  try {
    // The scope is made of the folder's real path, so there must be one.
    mkdirSync(options.home, { recursive: true, mode: 0o700 });
  } catch {
    // The store makes it once more, and says what is wrong.
  }
  const firstRead = keychainItems(options.holder, scopeKey(options), options.keychain).own.read();
  // It may fail before a caller awaits it.
  firstRead.catch(() => undefined);
  return firstRead;
}

/** Moves the sign-ins at this server; the active one of the file is the newest, and last. */
async function adoptFile(file: TokenStore, keychain: TokenStore, server: string): Promise<void> {
  const ours = async () =>
    (await file.accounts()).filter((account) => account.server === server).toReversed();
  if ((await ours()).length === 0) return;
  const work = async () => {
    const before = await keychain.load();
    const accounts = await ours();
    for (const { accountId } of accounts) {
      const tokens = await file.load(accountId);
      if (tokens === undefined) continue;
      await keychain.save(tokens);
      await file.clear(accountId);
    }
    if (before !== undefined && !accounts.some(({ active }) => active)) await keychain.save(before);
  };
  await file.withLock(work, new AbortController().signal);
}

function isKeychainError(error: unknown): error is PipitError {
  return (
    error instanceof PipitError && (error.code === "KEYCHAIN_UNAVAILABLE" || error.code === "KEYCHAIN_LOCKED")
  );
}
