import { randomBytes } from "node:crypto";
import { readFile as readText, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { TokenStore } from "#engine/ports.ts";
import { CREDENTIALS_LOCK } from "./credentials-file-token-store.ts";
import { withCredentialsLock } from "./credentials-lock.ts";
import { keychainItems, type KeychainAccess, type KeychainHolder } from "./keychain-items.ts";
import {
  ensurePrivateFolder,
  errorCode,
  setAside,
  storageError,
  writePrivateFile,
} from "../files/private-files.ts";
import { DATA_KEY_BYTES, seal, unseal } from "./sealed-file.ts";
import { scopeKey, type TokenStoreScope } from "./token-store-scope.ts";
import { z } from "zod";

const KEY_LOCK = "credentials-key.lock";

export interface KeychainTokenStoreOptions extends TokenStoreScope {
  readonly logger: Logger;
  readonly holder: KeychainHolder;
  readonly keychain?: KeychainAccess;
  /** A read of this program's own item that runs already. */
  readonly firstRead?: Promise<Uint8Array | undefined>;
}

/**
 * Tokens encrypted (AES-256-GCM) in `<home>/credentials-<scope>.sealed`, with the key in the keychain. The tokens
 * themselves do not fit on Windows (about 1280 characters per entry), and this way the keychain is asked once per
 * start, not at every refresh. Opening reads the key, or makes it, so a keychain that cannot be written is found at once.
 * The programs of a home share the file and its key, each with an item of its own.
 *
 * @throws PipitError KEYCHAIN_UNAVAILABLE, KEYCHAIN_LOCKED (what is stored stays untouched), STORAGE_*.
 */
export async function createKeychainTokenStore(options: KeychainTokenStoreOptions) {
  await ensurePrivateFolder(options.home);
  const scope = scopeKey(options);
  const path = sealedPath(options);
  const { own, others } = keychainItems(options.holder, scope, options.keychain);
  let key = await openKey(options.firstRead);

  /** Two programs that start at once must not make two keys: the second would make the first one's file unreadable. */
  async function openKey(read = own.read()): Promise<Uint8Array> {
    const found = await read;
    if (isKey(found)) return found;
    return await withCredentialsLock({ ...options, name: KEY_LOCK }, makeKey, new AbortController().signal);
  }
  async function makeKey(): Promise<Uint8Array> {
    const found = await own.read();
    if (isKey(found)) return found;
    const sealed = await readFile();
    const theirs = sealed === undefined ? undefined : await keyOfOthers(sealed);
    return await keep(theirs ?? randomBytes(DATA_KEY_BYTES));
  }
  /** What an earlier version, or the other program, has sealed the file with. */
  async function keyOfOthers(sealed: string): Promise<Uint8Array | undefined> {
    for (const item of others) {
      const found = await item.read();
      if (isKey(found) && unseal(found, scope, sealed) !== undefined) return found;
    }
    return undefined;
  }
  async function keep(fresh: Uint8Array): Promise<Uint8Array> {
    await own.write(fresh);
    const kept = await own.read();
    if (kept === undefined || Buffer.compare(kept, fresh) !== 0) {
      throw new PipitError("KEYCHAIN_UNAVAILABLE", "The keychain took the key but does not give it back.");
    }
    return kept;
  }
  async function readFile(): Promise<string | undefined> {
    return await readText(path, "utf8").catch((error: unknown) => {
      if (errorCode(error) === "ENOENT") return undefined;
      throw storageError(error, path);
    });
  }
  async function readSealed(): Promise<string | undefined> {
    const sealed = await readFile();
    if (sealed === undefined) return undefined;
    const text = unseal(key, scope, sealed);
    if (text !== undefined) return text;
    // Another program may have had to make a new key since; only then is the file worth less than the keychain.
    key = await openKey();
    const reread = unseal(key, scope, sealed);
    if (reread !== undefined) return reread;
    const theirs = await keyOfOthers(sealed);
    if (theirs === undefined) return await keepUnreadable();
    key = await keep(theirs);
    return unseal(key, scope, sealed);
  }
  async function keepUnreadable(): Promise<undefined> {
    const aside = await setAside(path, "unreadable");
    options.logger.warn("credentials.unreadable", { path: aside });
    return undefined;
  }

  const store: TokenStore = {
    async load() {
      const text = await readSealed();
      const tokens = text === undefined ? undefined : storedTokens.safeParse(parseJson(text)).data;
      return tokens === undefined ? undefined : { ...tokens, serverUrl: options.serverUrl };
    },
    save: (tokens) => writePrivateFile(path, seal(key, scope, JSON.stringify(tokens))),
    // The key stays: other programs of this home hold it, and alone it opens nothing.
    clear: () => rm(path, { force: true }),
    withLock: (work, signal) => withCredentialsLock({ ...options, name: CREDENTIALS_LOCK }, work, signal),
    place: () => ({ kind: "keychain" }),
  };
  /** Forgets the sign-in and takes the key out of the keychain too; for uninstalling and tests. */
  const destroy = async (): Promise<void> => {
    await store.clear();
    for (const item of [own, ...others]) await item.remove();
  };
  return { ...store, destroy };
}

/** The file that holds a scope's tokens, encrypted. */
export function sealedPath(scope: TokenStoreScope): string {
  return join(scope.home, `credentials-${scopeKey(scope)}.sealed`);
}

function isKey(found: Uint8Array | undefined): found is Uint8Array {
  return found?.byteLength === DATA_KEY_BYTES;
}

const storedTokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  accessExpiresAtMs: z.number(),
  refreshExpiresAtMs: z.number(),
  accountId: z.string(),
  accountName: z.string(),
  local: z.boolean(),
  serverUrl: z.string(),
});
