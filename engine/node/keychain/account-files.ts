import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "#contract/system-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { KeptAccount, StoredTokens, TokenStore } from "#engine/ports.ts";
import {
  ensurePrivateFolder,
  readIfThere,
  setAside,
  storageError,
  writePrivateFile,
} from "../files/private-files.ts";
import { accountKey, scopeServer, type TokenStoreScope } from "./token-store-scope.ts";

/** Sign-ins other than the active one, a file each, named by server and account. */
export const OTHERS_FOLDER = "credentials.d";

/** What a file says of the sign-in in it without being opened. */
export type Owner = Omit<KeptAccount, "active"> & {
  /** The active one at its server, where a sign-in at another server took its place in the first file. */
  readonly active: boolean;
};

/** How one kind of token store writes a sign-in. */
export interface AccountFormat {
  /** Name of the file of the active sign-in. */
  readonly activeFile: string;
  /** Names of such files, of every server. */
  readonly activeFiles: RegExp;
  /** What the names of the files of other sign-ins end with, and how they look. */
  readonly suffix: string;
  readonly otherFiles: RegExp;
  /** Why a file that cannot be read is set aside. */
  readonly unreadable: "damaged" | "unreadable";
  write(tokens: StoredTokens, owner: Owner): string;
  /** Undefined when the file does not say it. */
  owner(text: string): Owner | undefined;
  /** The tokens of a file of this server; undefined when it is damaged. */
  open(text: string): Promise<StoredTokens | undefined>;
}

export interface AccountFilesOptions extends TokenStoreScope {
  readonly logger: Logger;
}

interface KeptFile {
  readonly path: string;
  readonly text: string;
  readonly owner: Owner;
}

/**
 * The sign-ins of a home, a file each: the active one in its known place, the others in `credentials.d`. Everything that
 * writes runs under the store's lock, and every step leaves each sign-in in at least one file; of two, the active counts.
 */
export function createAccountFiles(
  options: AccountFilesOptions,
  format: AccountFormat,
): Pick<TokenStore, "load" | "save" | "clear" | "accounts" | "activate"> {
  const { activePath, othersPath, server, read, open, files, find, isActive } = accountReader(
    options,
    format,
  );

  /** Puts a sign-in among the others; `active`: it stays the active one of its own server. */
  async function keep(file: KeptFile, active: boolean): Promise<void> {
    const tokens = await open(file);
    if (tokens === undefined) return;
    await ensurePrivateFolder(othersPath);
    const owner = { ...file.owner, active };
    const path = join(othersPath, `${accountKey(owner)}${format.suffix}`);
    await writePrivateFile(path, format.write(tokens, owner));
  }
  async function save(tokens: StoredTokens): Promise<void> {
    await ensurePrivateFolder(options.home);
    const owner = ownerOf(tokens, server);
    const previous = await read(activePath);
    if (previous !== undefined && !isSameAccount(previous.owner, owner)) {
      await keep(previous, previous.owner.server !== server);
    }
    await writePrivateFile(activePath, format.write(tokens, owner));
    for await (const file of files()) {
      if (file.path === activePath || file.owner.server !== server) continue;
      if (isSameAccount(file.owner, owner)) await rm(file.path, { force: true });
      else if (file.owner.active) await keep(file, false);
    }
  }
  return {
    async load(accountId) {
      const file = await find(accountId);
      return file === undefined ? undefined : open(file);
    },
    save,
    async clear(accountId) {
      let file = await find(accountId);
      const removed = file?.owner.accountId;
      // Until there is none: a program that was ended half way may have left two.
      while (file !== undefined) {
        await rm(file.path, { force: true });
        file = await find(removed);
      }
    },
    async accounts() {
      const kept = new Map<string, KeptAccount>();
      for await (const file of files()) {
        const key = accountKey(file.owner);
        if (!kept.has(key)) kept.set(key, { ...file.owner, active: isActive(file) });
      }
      return [...kept.values()];
    },
    async activate(accountId) {
      const file = await find(accountId);
      const tokens = file === undefined ? undefined : await open(file);
      if (tokens !== undefined && file?.path !== activePath) await save(tokens);
      return tokens;
    },
  };
}

function accountReader(options: AccountFilesOptions, format: AccountFormat) {
  const { home, logger } = options;
  const server = scopeServer(options);
  const activePath = join(home, format.activeFile);
  const othersPath = join(home, OTHERS_FOLDER);

  async function setUnreadableAside(path: string): Promise<undefined> {
    const aside = await setAside(path, format.unreadable);
    logger.warn(`credentials.${format.unreadable}`, { path: aside });
    return undefined;
  }
  /** Undefined when there is no such file, or none that can be read. */
  async function read(path: string): Promise<KeptFile | undefined> {
    const text = await readIfThere(path);
    if (text === undefined) return undefined;
    const said = format.owner(text);
    if (said !== undefined) return { path, text, owner: said };
    // Another server's may be fine: it has another key.
    if (path !== activePath) return undefined;
    const tokens = await format.open(text);
    return tokens === undefined
      ? await setUnreadableAside(path)
      : { path, text, owner: ownerOf(tokens, server) };
  }
  /** The active file first; also last, because another program may move a sign-in there between two readings. */
  async function* files(): AsyncGenerator<KeptFile> {
    const names = [
      format.activeFile,
      ...(await namesIn(home, format.activeFiles)),
      ...(await namesIn(othersPath, format.otherFiles)).map((name) => join(OTHERS_FOLDER, name)),
      format.activeFile,
    ];
    for (const name of names) {
      const file = await read(join(home, name));
      if (file !== undefined) yield file;
    }
  }
  const isActive = ({ path, owner }: KeptFile): boolean =>
    owner.server === server && (path === activePath || owner.active);
  return {
    activePath,
    othersPath,
    server,
    read,
    files,
    isActive,
    open: async (file: KeptFile): Promise<StoredTokens | undefined> =>
      (await format.open(file.text)) ?? (await setUnreadableAside(file.path)),
    /** The sign-in of an account of this server, or the active one. */
    async find(accountId: string | undefined): Promise<KeptFile | undefined> {
      const matches = (file: KeptFile): boolean =>
        accountId === undefined
          ? isActive(file)
          : file.owner.server === server && file.owner.accountId === accountId;
      // Most need no look into the folder.
      const first = await read(activePath);
      if (first !== undefined && matches(first)) return first;
      for await (const file of files()) if (matches(file)) return file;
      return undefined;
    },
  };
}

function ownerOf({ accountId, accountName, local }: StoredTokens, server: string): Owner {
  return { server, accountId, accountName, local, active: false };
}

/** The original writes no id. */
function isSameAccount(one: Owner, other: Owner): boolean {
  const known = one.accountId !== "" && other.accountId !== "";
  const isSame = known ? one.accountId === other.accountId : one.accountName === other.accountName;
  return isSame && one.server === other.server;
}

export async function namesIn(folder: string, pattern: RegExp): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => pattern.test(name));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw storageError(error, folder);
  }
}
