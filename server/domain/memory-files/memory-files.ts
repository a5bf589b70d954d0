import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";
import { chatHead, chatMessages, timeText } from "./chat-file.ts";
import { isSafeId, type MemoryFolder } from "./memory-folder.ts";
import type { FiledChat, MemoryFileStore, Pending } from "./ports.ts";
import { userFile } from "./user-file.ts";
import { warnUnlessTold } from "../outage.ts";

/** Changes within this time are written together. A deleted chat's file is gone in half a second. */
const DELAY_MS = 200;
/** After the start, which has enough to do; then for what other programs changed. */
const FIRST_AFTER_MS = 1_000;
const EVERY_MS = 60_000;
const RETRY_MS = 5_000;
/** How long a stop waits for what is to be written. The next start writes the rest. */
const LAST_PASS_MS = 1_000;
const BATCH = 20;
const PAGE_TURNS = 50;
/** Files to which a turn can be added without reading the others. */
const KNOWN_MAX = 1_000;
/** Of so many in a row, the folder is at fault and not a file. */
const ERRORS_MAX = 3;

/** "written": the files are as the database is, or will be within a second. */
export type MemoryFilesState = "off" | "written" | "read_only" | "full" | "failing";

/** What of a file this process has written. */
interface Known {
  readonly changes: number;
  readonly lastIndex: number;
  readonly bytes: number;
  readonly updatedAt: number;
}

/**
 * Writes what people and the assistant say into files that people can read. The database is the truth and says which files
 * are behind it, so a crash, a full disk or a folder that cannot be written costs nothing but time.
 */
export class MemoryFiles implements AsyncDisposable {
  readonly #store: MemoryFileStore;
  readonly #folder: MemoryFolder;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #known = new Map<string, Known>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isWoken = false;
  #isFolderKnown = false;
  #state: Exclude<MemoryFilesState, "off"> = "written";

  constructor(store: MemoryFileStore, folder: MemoryFolder, logger: Logger) {
    this.#store = store;
    this.#folder = folder;
    this.#logger = logger;
  }

  get state(): MemoryFilesState {
    return this.#state;
  }

  /** Begins to write, at first what an earlier server left. */
  start(): void {
    this.#schedule(FIRST_AFTER_MS);
  }

  /** Something was changed. */
  wake(): void {
    this.#isWoken = true;
    if (this.#running === undefined) this.#schedule(DELAY_MS);
  }

  /**
   * Writes all that is behind the database. Never throws what a file or the database fails with: that is logged, and tried
   * again.
   *
   * @param onWritten told after each chat
   */
  async write(signal: AbortSignal, onWritten: () => void = () => {}): Promise<void> {
    try {
      const failure = await this.#pass(signal, onWritten);
      this.#setState(failure);
    } catch (reason) {
      if (!signal.aborted) warnUnlessTold(this.#logger, "memory_files.not_read", reason);
      this.#isWoken ||= !signal.aborted;
    }
  }

  /** Removes the files of chats that are gone; for what was lost track of, as in a database that was restored. */
  async sweep(signal: AbortSignal): Promise<number> {
    let removed = 0;
    for await (const { userId, chatIds } of this.#folder.chats()) {
      signal.throwIfAborted();
      const live = await this.#store.liveOf(userId, chatIds);
      for (const chatId of chatIds.filter((id) => !live.has(id))) {
        await this.#folder.removeChat(userId, chatId);
        removed += 1;
      }
    }
    return removed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isBehind = this.#isWoken;
    clearTimeout(this.#timer);
    this.#stop.abort();
    await this.#running;
    if (isBehind) await this.write(AbortSignal.timeout(LAST_PASS_MS));
  }

  #schedule(afterMs: number): void {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isWoken = false;
      this.#running = this.write(this.#stop.signal).then(() => {
        this.#running = undefined;
        const calmMs = this.#state === "written" ? EVERY_MS : RETRY_MS;
        this.#schedule(this.#isWoken ? DELAY_MS : calmMs);
      });
    }, afterMs).unref();
  }

  /** Resolves to what the file system failed with, if it did. */
  async #pass(signal: AbortSignal, onWritten: () => void): Promise<unknown> {
    if (!this.#isFolderKnown && !(await this.#folder.isMade())) await this.#store.refile();
    this.#isFolderKnown = true;
    const errors = new ErrorCount();
    let after: FiledChat | undefined;
    for (let isMore = true; isMore && !signal.aborted && !errors.isTooMany;) {
      if (this.#isWoken) after = undefined;
      this.#isWoken = false;
      // First: what a person deleted must not wait.
      const gone = await this.#store.goneChats(BATCH);
      await errors.countEach(gone, signal, (chat) => this.#remove(chat));
      const accounts = await this.#store.accounts(BATCH);
      await errors.countEach(accounts, signal, (account) => this.#writeUser(account));
      const chats = await this.#store.chats(BATCH, after);
      await errors.countEach(chats, signal, async (chat) => {
        await this.#writeChat(chat);
        onWritten();
      });
      after = chats.at(-1);
      isMore = this.#isWoken || [gone, accounts, chats].some(({ length }) => length === BATCH);
    }
    return errors.last;
  }

  async #remove({ id, userId, changes }: Pending<Pick<FiledChat, "id" | "userId">>): Promise<void> {
    this.#known.delete(id);
    if (isSafeId(id) && isSafeId(userId)) await this.#folder.removeChat(userId, id);
    await this.#store.chatFiled(id, changes);
  }

  async #writeUser(account: Parameters<typeof userFile>[0] & { readonly changes: number }): Promise<void> {
    if (!account.active) await this.#folder.removeUser(account.id);
    else {
      const isNew = !(await this.#folder.hasUser(account.id));
      await this.#folder.writeUser(account.id, userFile(account));
      // Also of one that was closed, and is open again.
      if (isNew) await this.#store.refile(account.id);
    }
    await this.#store.accountFiled(account.id, account.changes);
  }

  async #writeChat(chat: Pending<FiledChat>): Promise<void> {
    if (!chat.isAccountActive) {
      await this.#remove(chat);
      return;
    }
    if (isSafeId(chat.id) && isSafeId(chat.userId)) {
      const known = (await this.#add(chat)) ?? (await this.#writeWhole(chat));
      this.#known.delete(chat.id);
      this.#known.set(chat.id, known);
      const [oldest] = this.#known.keys();
      if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    }
    // What was said meanwhile comes with the next pass.
    if (!(await this.#store.chatFiled(chat.id, chat.changes))) this.#isWoken = true;
  }

  /** Adds the turns that are new, where they are all that has changed. */
  async #add(chat: Pending<FiledChat>): Promise<Known | undefined> {
    const known = this.#known.get(chat.id);
    if (known === undefined || (await this.#folder.sizeOf(chat.userId, chat.id)) !== known.bytes)
      return undefined;
    const added = await this.#store.turnsAfter(chat.id, known.lastIndex, PAGE_TURNS);
    const last = added.at(-1);
    if (last === undefined || added.length !== chat.changes - known.changes) return undefined;
    const bytes = await this.#folder.addToChat(chat.userId, chat.id, {
      patch: { text: timeText(chat.updatedAtMs), at: known.updatedAt },
      at: known.bytes,
      pieces: chatMessages(chat, added),
    });
    return { ...known, changes: chat.changes, lastIndex: last.index, bytes };
  }

  async #writeWhole(chat: Pending<FiledChat>): Promise<Known> {
    const head = chatHead(chat);
    let lastIndex = -1;
    const turnsAfter = this.#store.turnsAfter.bind(this.#store);
    async function* pages(): AsyncGenerator<Iterable<string>> {
      yield [head.text];
      for (;;) {
        const turns = await turnsAfter(chat.id, lastIndex, PAGE_TURNS);
        yield chatMessages(chat, turns);
        lastIndex = turns.at(-1)?.index ?? lastIndex;
        if (turns.length < PAGE_TURNS) return;
      }
    }
    const bytes = await this.#folder.writeChat(chat.userId, chat.id, pages());
    return { changes: chat.changes, lastIndex, bytes, updatedAt: head.updatedAt };
  }

  #setState(failure: unknown): void {
    const state = failure === undefined ? "written" : stateOf(systemCodeOf(failure));
    if (state === this.#state) return;
    this.#state = state;
    const fields = { folder: this.#folder.path, state };
    if (failure === undefined) this.#logger.info("memory_files.written_again", fields);
    else this.#logger.error("memory_files.not_written", { ...fields, error: failure });
  }
}

/** Goes on after a failure, since it may be of one file only. */
class ErrorCount {
  last: unknown;
  #inARow = 0;

  get isTooMany(): boolean {
    return this.#inARow >= ERRORS_MAX;
  }

  /** Does the work for each, up to too many failures of the file system in a row. Throws what else fails. */
  async countEach<T>(all: readonly T[], signal: AbortSignal, work: (one: T) => Promise<void>): Promise<void> {
    for (const one of all) {
      if (signal.aborted || this.isTooMany) return;
      try {
        await work(one);
        this.#inARow = 0;
      } catch (reason) {
        if (reason instanceof PipitError || systemCodeOf(reason) === "") throw reason;
        this.last = reason;
        this.#inARow += 1;
      }
    }
  }
}

function stateOf(code: string): Exclude<MemoryFilesState, "off" | "written"> {
  if (isFullDisk(code)) return "full";
  return ["EROFS", "EACCES", "EPERM"].includes(code) ? "read_only" : "failing";
}
