/** A chat as its file shows it. */
export interface FiledChat {
  readonly id: string;
  readonly userId: string;
  /** As the person wants to be called. */
  readonly userName: string;
  /** False when it was closed: then there is to be no file. */
  readonly isAccountActive: boolean;
  readonly title: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A turn that is not being answered any more. */
export interface FiledTurn {
  readonly index: number;
  readonly userText: string;
  /** "" for none. */
  readonly assistantText: string;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

export interface FiledAccount {
  readonly id: string;
  readonly login: string;
  readonly displayName: string;
  readonly about: string | undefined;
  readonly active: boolean;
  readonly createdAtMs: number;
  /** What they want remembered, newest first. */
  readonly memories: readonly string[];
}

/** Something that was changed since its file was written. `changes`: how often, ever; the file is that of this number. */
export type Pending<T> = T & { readonly changes: number };

/** Which files are not as the database is. Every change counts, in its own transaction, so none is forgotten by a crash. */
export interface MemoryFileStore {
  /** Chats with a file to be written, the latest changed first; `after`: the last of those before. */
  chats(limit: number, after?: FiledChat): Promise<readonly Pending<FiledChat>[]>;
  /** Deleted chats, whose file is to go. */
  goneChats(limit: number): Promise<readonly Pending<Pick<FiledChat, "id" | "userId">>[]>;
  accounts(limit: number): Promise<readonly Pending<FiledAccount>[]>;
  /** Those of a chat behind the one of that index, in the order in which they were asked. */
  turnsAfter(chatId: string, index: number, limit: number): Promise<readonly FiledTurn[]>;
  /** The file is that of `changes`; resolves to false when there were more since. */
  chatFiled(chatId: string, changes: number): Promise<boolean>;
  accountFiled(userId: string, changes: number): Promise<boolean>;
  /** Lets all files be written anew, or those of one account's chats. */
  refile(userId?: string): Promise<void>;
  /** How many chats are to be written. */
  count(): Promise<number>;
  /** Chats whose file is as they are, by id; `after`: the last of those before. */
  written(limit: number, after?: string): Promise<readonly Pick<FiledChat, "id" | "userId">[]>;
  /** Those of some chats that have a file. */
  liveOf(userId: string, chatIds: readonly string[]): Promise<ReadonlySet<string>>;
}
