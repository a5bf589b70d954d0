import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { TokenStore } from "#engine/ports.ts";
import { CREDENTIALS_LOCK } from "./credentials-file-token-store.ts";
import { withCredentialsLock } from "./credentials-lock.ts";
import { createKeychain, type KeychainOptions } from "./keychain.ts";
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
  readonly keychain?: Omit<KeychainOptions, "account">;
  /** A read of this scope's entry that runs already. */
  readonly firstRead?: Promise<Uint8Array | undefined>;
}

/**
 * Tokens encrypted (AES-256-GCM) in `<home>/credentials-<scope>.sealed`, with the key in the keychain. The tokens
 * themselves do not fit on Windows (about 1280 characters per entry), and this way the keychain is asked once per
 * start, not at every refresh. Opening reads the key, or makes it, so a keychain that cannot be written is found at once.
 *
 * @throws PipitError KEYCHAIN_UNAVAILABLE, KEYCHAIN_LOCKED (what is stored stays untouched), STORAGE_*.
 */
export async function createKeychainTokenStore(options: KeychainTokenStoreOptions) {
  await ensurePrivateFolder(options.home);
  const scope = scopeKey(options);
  const path = join(options.home, `credentials-${scope}.sealed`);
  const keychain = createKeychain({ ...options.keychain, account: scope });
  let key = await openKey(options.firstRead);

  /** Two programs that start at once must not make two keys: the second would make the first one's file unreadable. */
  async function openKey(read = keychain.read()): Promise<Uint8Array> {
    const found = await read;
    if (found?.byteLength === DATA_KEY_BYTES) return found;
    return await withCredentialsLock({ ...options, name: KEY_LOCK }, makeKey, new AbortController().signal);
  }
  async function makeKey(): Promise<Uint8Array> {
    const found = await keychain.read();
    if (found?.byteLength === DATA_KEY_BYTES) return found;
    const fresh = randomBytes(DATA_KEY_BYTES);
    await keychain.write(fresh);
    const kept = await keychain.read();
    if (kept === undefined || Buffer.compare(kept, fresh) !== 0) {
      throw new PipitError("KEYCHAIN_UNAVAILABLE", "The keychain took the key but does not give it back.");
    }
    return kept;
  }
  async function readSealed(): Promise<string | undefined> {
    const sealed = await readFile(path, "utf8").catch((error: unknown) => {
      if (errorCode(error) === "ENOENT") return undefined;
      throw storageError(error, path);
    });
    if (sealed === undefined) return undefined;
    const text = unseal(key, scope, sealed);
    if (text !== undefined) return text;
    // Another program may have had to make a new key since; only then is the file worth less than the keychain.
    key = await openKey();
    return unseal(key, scope, sealed) ?? (await keepUnreadable());
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
    await keychain.remove();
  };
  return { ...store, destroy };
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
