import { constants } from "node:fs";
import {
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  type FileHandle,
} from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "#contract/system-error.ts";

const OWNER_ONLY = { file: 0o600, folder: 0o700 } as const;
/** What names a file is an id of ours: never a path. */
const safeId = /^[0-9a-z](?:[0-9a-z-]{0,62}[0-9a-z])?$/iu;
/** Of small pieces, written at once. */
const WRITE_CHARS = 65_536;

/** What is added to a file, and what changes at one place in it. */
export interface Addition {
  readonly patch: { readonly text: string; readonly at: number };
  /** Size of the file before. */
  readonly at: number;
  readonly pieces: Iterable<string>;
}

/**
 * The folder of the memory files. A file is replaced in one step: who reads it sees all of the old or all of the new one.
 * The draft has one name, so that a server that was killed leaves at most one behind, which the next write takes away.
 * Throws as node:fs.
 */
export class MemoryFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** False before anything was written. */
  isMade(): Promise<boolean> {
    return exists(join(this.path, "chats"));
  }

  hasUser(userId: string): Promise<boolean> {
    return exists(this.#userFile(userId));
  }

  /** Size in bytes; undefined when there is no such file. */
  async sizeOf(userId: string, chatId: string): Promise<number | undefined> {
    return (await stat(this.#chatFile(userId, chatId)).catch(noFile))?.size;
  }

  async read(userId: string, chatId: string): Promise<string | undefined> {
    return readFile(this.#chatFile(userId, chatId), "utf8").catch(noFile);
  }

  /** Resolves to the size in bytes. */
  async writeChat(userId: string, chatId: string, pages: AsyncIterable<Iterable<string>>): Promise<number> {
    await this.#makeFolder("chats", checkedId(userId));
    return replace(this.#chatFile(userId, chatId), async (handle) => {
      for await (const pieces of pages) for (const piece of joined(pieces)) await handle.writeFile(piece);
    });
  }

  /** Resolves to the size in bytes. Throws ENOENT when there is no such file. */
  async addToChat(userId: string, chatId: string, addition: Addition): Promise<number> {
    const { patch, pieces } = addition;
    const write = async (handle: FileHandle): Promise<void> => {
      await handle.write(patch.text, patch.at);
      let at = addition.at;
      for (const piece of joined(pieces)) at += (await handle.write(piece, at)).bytesWritten;
    };
    return replace(this.#chatFile(userId, chatId), write, "as the file");
  }

  async removeChat(userId: string, chatId: string): Promise<void> {
    const file = this.#chatFile(userId, chatId);
    await Promise.all([rm(file, { force: true }), rm(draftOf(file), { force: true })]);
  }

  async writeUser(userId: string, text: string): Promise<void> {
    await this.#makeFolder("users", checkedId(userId));
    await this.#makeFolder("chats");
    await replace(this.#userFile(userId), async (handle) => {
      await handle.writeFile(text);
    });
  }

  /** All of an account. */
  async removeUser(userId: string): Promise<void> {
    for (const kind of ["chats", "users"])
      await rm(join(this.path, kind, checkedId(userId)), { recursive: true, force: true });
  }

  /** Ids of the accounts and chats that have files. */
  async *chats(): AsyncGenerator<{ readonly userId: string; readonly chatIds: readonly string[] }> {
    for (const userId of (await readdir(join(this.path, "chats")).catch(noFile)) ?? []) {
      if (!safeId.test(userId)) continue;
      const names = await readdir(join(this.path, "chats", userId));
      const chatIds = names.filter((name) => name.endsWith(".md")).map((name) => name.slice(0, -3));
      yield { userId, chatIds: chatIds.filter((id) => safeId.test(id)) };
    }
  }

  async #makeFolder(...names: readonly string[]): Promise<void> {
    await mkdir(join(this.path, ...names), { recursive: true, mode: OWNER_ONLY.folder });
  }

  #chatFile(userId: string, chatId: string): string {
    return join(this.path, "chats", checkedId(userId), `${checkedId(chatId)}.md`);
  }

  #userFile(userId: string): string {
    return join(this.path, "users", checkedId(userId), "user.md");
  }
}

/** False for what could name another place than a file of its folder. */
export function isSafeId(id: string): boolean {
  return safeId.test(id);
}

function checkedId(id: string): string {
  if (safeId.test(id)) return id;
  throw new Error("An id that names a memory file must be of letters, digits and hyphens.");
}

function draftOf(file: string): string {
  return `${file}.tmp`;
}

/** Lets `write` fill a draft, which may begin as a copy of the file, and puts it in place. Resolves to its size. */
async function replace(
  file: string,
  write: (handle: FileHandle) => Promise<void>,
  begins: "empty" | "as the file" = "empty",
): Promise<number> {
  const draft = draftOf(file);
  const begin = async (): Promise<FileHandle> => {
    if (begins === "empty") return open(draft, "wx", OWNER_ONLY.file);
    await copyFile(file, draft, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return open(draft, "r+");
  };
  const handle = await begin().catch(async (reason: unknown) => {
    // Left by a server that was killed, or a disk that was full; or being written by another one, which tries again.
    await rm(draft, { force: true });
    if (systemCodeOf(reason) !== "EEXIST") throw reason;
    return begin();
  });
  try {
    await write(handle);
    const { size } = await handle.stat();
    await handle.close();
    await rename(draft, file);
    return size;
  } catch (reason) {
    await handle.close().catch(() => undefined);
    await rm(draft, { force: true }).catch(() => undefined);
    throw reason;
  }
}

/** Fewer and larger ones. */
function* joined(pieces: Iterable<string>): Generator<string> {
  let waiting = "";
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < WRITE_CHARS) continue;
    yield waiting;
    waiting = "";
  }
  if (waiting !== "") yield waiting;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(noFile)) !== undefined;
}

/** Undefined where there is no file; any other failure is one. */
function noFile(reason: unknown): undefined {
  if (systemCodeOf(reason) !== "ENOENT") throw reason;
}
