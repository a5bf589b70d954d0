import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { StoredTokens, TokenStore } from "#engine/ports.ts";
import { createAccountFiles, namesIn, OTHERS_FOLDER } from "./account-files.ts";
import { CREDENTIALS_LOCK } from "./credentials-file-token-store.ts";
import { withCredentialsLock } from "./credentials-lock.ts";
import { keychainItems, type KeychainAccess, type KeychainHolder } from "./keychain-items.ts";
import { ensurePrivateFolder, readIfThere } from "../files/private-files.ts";
import { DATA_KEY_BYTES, labelOf, seal, unseal } from "./sealed-file.ts";
import { scopeKey, scopeServer, type TokenStoreScope } from "./token-store-scope.ts";
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
 * Tokens encrypted (AES-256-GCM) in `<home>/credentials-<scope>.sealed`, those of other accounts in
 * `<home>/credentials.d`, with one key for all accounts of a server in the keychain. The tokens
 * themselves do not fit on Windows (about 1280 characters per entry), and this way the keychain is asked once per
 * start, not at every refresh. Opening reads the key, or makes it, so a keychain that cannot be written is found at once.
 * The programs of a home share the file and its key, each with an item of its own.
 *
 * @throws PipitError KEYCHAIN_UNAVAILABLE, KEYCHAIN_LOCKED (what is stored stays untouched), STORAGE_*.
 */
export async function createKeychainTokenStore(options: KeychainTokenStoreOptions) {
  await ensurePrivateFolder(options.home);
  const scope = scopeKey(options);
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
    const theirs = await keyOfOthers(await sealedSignIns(options));
    return await keep(theirs ?? randomBytes(DATA_KEY_BYTES));
  }
  /** What an earlier version, or the other program, has sealed these with. */
  async function keyOfOthers(sealed: readonly string[]): Promise<Uint8Array | undefined> {
    if (sealed.length === 0) return undefined;
    for (const item of others) {
      const found = await item.read();
      if (isKey(found) && sealed.some((one) => unseal(found, scope, one) !== undefined)) return found;
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
  async function open(sealed: string): Promise<StoredTokens | undefined> {
    const text = unseal(key, scope, sealed) ?? (await openAnew(sealed));
    const tokens = text === undefined ? undefined : storedTokens.safeParse(parseJson(text)).data;
    return tokens === undefined ? undefined : { ...tokens, serverUrl: options.serverUrl };
  }
  /** Another program may have had to make a new key since; only then is the file worth less than the keychain. */
  async function openAnew(sealed: string): Promise<string | undefined> {
    key = await openKey();
    const reread = unseal(key, scope, sealed);
    if (reread !== undefined) return reread;
    const theirs = await keyOfOthers([sealed]);
    if (theirs === undefined) return undefined;
    key = await keep(theirs);
    return unseal(key, scope, sealed);
  }
  const files = createAccountFiles(options, {
    activeFile: sealedFile(options),
    activeFiles: /^credentials-[0-9a-f]{16}\.sealed$/u,
    suffix: ".sealed",
    otherFiles: OTHER_FILES,
    unreadable: "unreadable",
    write: (tokens, who) => seal(key, scope, JSON.stringify(tokens), who),
    owner: (text) => owner.safeParse(labelOf(text)).data,
    open,
  });
  const store: TokenStore = {
    // Of a sign-in that is gone the key stays: other programs of this home hold it, and alone it opens nothing.
    ...files,
    withLock: (work, signal) => withCredentialsLock({ ...options, name: CREDENTIALS_LOCK }, work, signal),
    place: () => ({ kind: "keychain" }),
  };
  /** Forgets the sign-in and takes the key out of the keychain too; for uninstalling and tests. */
  const destroy = async (): Promise<void> => {
    await files.clear();
    for (const item of [own, ...others]) await item.remove();
  };
  return { ...store, destroy };
}

/** Name of the file that holds the active sign-in of a scope, encrypted. */
export function sealedFile(scope: TokenStoreScope): string {
  return `credentials-${scopeKey(scope)}.sealed`;
}

const OTHER_FILES = /^[0-9a-f]{16}\.sealed$/u;

/** The encrypted sign-ins at a server, whose files need no key to be found. */
export async function sealedSignIns(scope: TokenStoreScope): Promise<readonly string[]> {
  const folder = join(scope.home, OTHERS_FOLDER);
  const names = await namesIn(folder, OTHER_FILES).catch(() => []);
  const [active, ...others] = await Promise.all(
    [join(scope.home, sealedFile(scope)), ...names.map((name) => join(folder, name))].map(readIfThere),
  );
  const ours = others.filter(
    (text) => owner.safeParse(labelOf(text ?? "")).data?.server === scopeServer(scope),
  );
  return [active, ...ours].filter((text) => text !== undefined);
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

const owner = z.object({
  server: z.string(),
  accountId: z.string(),
  accountName: z.string(),
  local: z.boolean(),
  active: z.boolean(),
});
