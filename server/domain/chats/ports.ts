import type { AttachedFile, SentFile } from "#contract/attached-file.ts";
import type { MessagePart } from "#contract/chat-state.ts";
import type { QueryVector } from "../semantic/ports.ts";
import type { TokenUse } from "../usage/ports.ts";

/** A conversation of one user: a tree of turns, of which one path is shown. */
export interface Chat {
  readonly id: string;
  readonly userId: string;
  readonly title: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly pinned: boolean;
  readonly archived: boolean;
  /** It holds an answer that the person has not seen, or they want to come back to it. */
  readonly unread: boolean;
  /** Found by its id only: in no list, search, export or file; gone a day after its last change. */
  readonly temporary: boolean;
  /** Whose instructions its answers follow; absent: of none. */
  readonly projectId: string | undefined;
  /** The last turn of the shown path; absent in an empty chat. */
  readonly headTurnId: string | undefined;
}

export type NewChat = Pick<Chat, "id" | "userId" | "title" | "createdAtMs" | "updatedAtMs"> &
  Partial<Pick<Chat, "temporary" | "projectId">>;

/** `shownTurnId` shows the path through this turn, down to the newest turn below it. */
export interface ChatChanges {
  readonly title?: string | undefined;
  readonly pinned?: boolean | undefined;
  readonly archived?: boolean | undefined;
  readonly unread?: boolean | undefined;
  /** Null: it belongs to none any more. */
  readonly projectId?: string | null | undefined;
  readonly shownTurnId?: string | undefined;
}

/** A copy of a chat up to one of its turns. */
export interface Fork {
  /** Any turn of the chat, shown or not. */
  readonly turnId: string;
  /** Of the copy. */
  readonly id: string;
  readonly nowMs: number;
}

/** Of which kind the chats of a list are; absent: of either. */
export type ChatFilter = Pick<ChatChanges, "pinned" | "archived"> & {
  readonly projectId?: string | undefined;
};

/** Of a chat in the order of its last change. */
export type ChatPlace = Pick<Chat, "updatedAtMs" | "id">;

export type TurnStatus = "running" | "done" | "failed" | "cancelled";

/** One question with its answer. */
export interface Turn {
  readonly id: string;
  readonly chatId: string;
  readonly userId: string;
  /** Unique per user; absent for clients that send none. */
  readonly clientMessageId: string | undefined;
  /** The turn that it follows; absent: it begins the chat. */
  readonly parentTurnId: string | undefined;
  /** 0-based number in the order in which the turns of the chat were asked. */
  readonly index: number;
  readonly userText: string;
  readonly hadImage: boolean;
  /** What was asked with it; the texts are read by `TurnStore.files`. */
  readonly files: readonly SentFile[];
  readonly assistantText: string;
  /** What the model thought before it answered; never sent back to it. "" for none. */
  readonly reasoning: string;
  /** All that was said, in order; its texts joined are `assistantText` and `reasoning`. */
  readonly parts: readonly MessagePart[];
  readonly status: TurnStatus;
  /** Why a failed turn failed; absent for those of earlier versions. */
  readonly failure: TurnFailure | undefined;
  readonly model: string | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Server process that is answering it; another may take over after `leaseUntilMs`. */
  readonly ownerId: string;
  readonly leaseUntilMs: number;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | undefined;
}

/** An error code of the contract, and a message that is safe to show. */
interface TurnFailure {
  readonly code: string;
  readonly message: string;
}

/** JPEG, as the model saw it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly jpeg: Uint8Array;
}

/** A turn as its chat's history shows it. */
export interface HistoryTurn {
  readonly turn: Turn;
  /** All turns that follow the same turn, oldest first; itself among them. */
  readonly siblings: readonly string[];
  readonly picture: { readonly width: number; readonly height: number; readonly bytes: number } | undefined;
}

export interface ChatStore {
  /** Throws INVALID_REQUEST for an id that is taken and a project that is not there, CHAT_NOT_FOUND for that of a deleted chat. */
  create(chat: NewChat): Promise<void>;
  /**
   * {@link create} without waiting for the disk: what the turn's end is told of holds its chat too. Resolves to the project
   * that the chat is in; one that is not there (any more) is none.
   */
  createForQuestion(chat: NewChat): Promise<string | undefined>;
  /** Another's chat is not found, nor is a deleted one. */
  find(userId: string, chatId: string): Promise<Chat | undefined>;
  /** The chat in which a message was asked. Throws CHAT_NOT_FOUND when it, or the message, was deleted. */
  ofMessage(userId: string, clientMessageId: string): Promise<Chat | undefined>;
  /** Most recently changed first; those after a place, and of one kind. */
  list(
    userId: string,
    limit: number,
    options?: ChatFilter & { readonly after?: ChatPlace | undefined },
  ): Promise<readonly Chat[]>;
  /** In the order in which they were begun, those after `after`: no change moves a chat past who walks over all. */
  inOrder(userId: string, limit: number, after?: Chat): Promise<readonly Chat[]>;
  /** Throws CHAT_NOT_FOUND; INVALID_REQUEST for a shown turn that is not of this chat, and a project that is not there. */
  update(userId: string, chatId: string, changes: ChatChanges): Promise<Chat>;
  /**
   * Copies the turns up to one of them, with their files and pictures, into a new chat, which is temporary when this one
   * is: all or nothing. Neither chat knows of the other from then on. Throws CHAT_NOT_FOUND; INVALID_REQUEST for a turn
   * that is not of this chat, or is being answered.
   */
  fork(userId: string, chatId: string, fork: Fork): Promise<Chat>;
  /** True once for each chat whose title was not given by hand: the caller may look for a better one. */
  claimTitle(userId: string, chatId: string): Promise<boolean>;
  /** Gives a claimed chat the title of that turn; false when a person gave it one meanwhile, or either is gone. */
  giveTitle(userId: string, chatId: string, turnId: string, title: string): Promise<boolean>;
  /**
   * It is found by nothing from now on; its id is never used again. Throws CHAT_NOT_FOUND; with a time also for a chat in which
   * something was said, or into which something was imported, later than then.
   */
  remove(userId: string, chatId: string, unusedSinceMs?: number): Promise<void>;
  /** Undoes {@link remove} within RESTORE_MS. Throws CHAT_NOT_FOUND. */
  restore(userId: string, chatId: string): Promise<Chat>;
}

/** A question that is to be answered. */
export interface BeginTurn extends Pick<
  Turn,
  "chatId" | "userId" | "clientMessageId" | "userText" | "hadImage" | "ownerId"
> {
  readonly turnId: string;
  /** The turn that it follows; "": none, it begins the chat anew; absent: the last of the shown path. */
  readonly parentTurnId?: string | undefined;
  readonly picture?: Picture | undefined;
  readonly files?: readonly AttachedFile[];
  readonly nowMs: number;
  readonly leaseMs: number;
}

/** A text, or what it is made of: joining a long one would hold up the event loop. */
export type Pieces = string | readonly string[];

/** How a turn ended. `ownerId`: who answered it; when another has taken the turn over since, nothing is stored. */
export interface FinishTurn extends Pick<Turn, "ownerId" | "model" | "inputTokens" | "outputTokens"> {
  readonly turnId: string;
  readonly assistantText: Pieces;
  readonly reasoning: Pieces;
  readonly status: Exclude<TurnStatus, "running">;
  /** Absent: nothing but the text. */
  readonly parts?: readonly MessagePart[];
  readonly failure?: TurnFailure;
  /** Only if its lease is over by now, as its chat had it before: nothing was said in it. */
  readonly ifLost?: boolean;
  /** What is counted for it; absent: no model was asked. */
  readonly used?: Pick<TokenUse, "inputTokens" | "outputTokens" | "estimated">;
  readonly nowMs: number;
}

/** Where a hit's words stand in its question or answer: JavaScript offsets (UTF-16 code units), the end exclusive. */
export interface HitPlace {
  readonly role: "user" | "assistant";
  readonly start: number;
  readonly end: number;
}

export interface SearchHit {
  readonly chatId: string;
  readonly chatTitle: string;
  readonly turnId: string;
  readonly turnIndex: number;
  readonly createdAtMs: number;
  /** Higher is better; the same on every database. */
  readonly score: number;
  /** At most 240 characters around the first match, on one line. */
  readonly headline: string;
  /** The matches in the headline, in order: offsets as of {@link HitPlace}. */
  readonly highlights: readonly Omit<HitPlace, "role">[];
  /** The first matches in the turn itself. */
  readonly places: readonly HitPlace[];
}

export interface SearchOptions {
  /** Most hits. */
  readonly limit: number;
  /** Only this chat. */
  readonly chatId?: string;
  /** Only chats with this id, or whose titles hold this text. */
  readonly inChat?: string | undefined;
  /** Nothing of branches that are hidden. */
  readonly shownOnly?: boolean;
  /** Most hits of one chat. */
  readonly perChat?: number | undefined;
  /** Only in questions ("user") or in answers. */
  readonly role?: HitPlace["role"] | undefined;
  /** Asked then or later; before. */
  readonly afterMs?: number | undefined;
  readonly beforeMs?: number | undefined;
  /**
   * Finds the query as a vector, or not: turns that mean the like are hits too. Called only where meaning counts, and never
   * for a temporary chat.
   */
  readonly meaning?: () => Promise<QueryVector | undefined>;
}

export interface TurnStore {
  /**
   * Inserts the turn, or finds the one with the same (userId, clientMessageId), in one atomic step. A found turn that
   * failed, was cancelled, or whose lease ran out is started again under the new owner (`begun` true, the same id);
   * one that is done or runs elsewhere comes back as it is (`begun` false). A new turn becomes the head of its chat; a
   * found one stays where it is.
   *
   * @throws PipitError CHAT_NOT_FOUND, also for a message that was deleted, or whose chat was; INVALID_REQUEST for a parent that is not of
   *   this chat
   */
  begin(turn: BeginTurn): Promise<{ readonly turn: Turn; readonly begun: boolean }>;
  /**
   * Stores the answer and its search-index rows in one transaction; of what was deleted meanwhile, only that it ended.
   * Throws ANSWER_LOST for an answer that came so late that its turn was given up.
   */
  finish(turn: FinishTurn): Promise<void>;
  /** Prolongs the leases of these turns, as far as they are this process's, by the time of the database. */
  renewLeases(ownerId: string, turnIds: readonly string[], leaseMs: number): Promise<void>;
  /** Running turns whose leases are over, without those that the caller knows to be answered; at most so many. */
  lost(answeredIds: readonly string[], limit: number): Promise<readonly Pick<Turn, "id" | "ownerId">[]>;
  /**
   * Ends all leases, so that what a killed process was answering can be asked again at once. Only for a process that
   * knows itself to be the only user of the store.
   */
  endLeases(): Promise<void>;
  /**
   * The shown path, newest first; with `beforeTurnId` what comes before that turn, whether it is shown or not. Cost does
   * not grow with the chat's length.
   */
  recent(userId: string, chatId: string, limit: number, beforeTurnId?: string): Promise<readonly Turn[]>;
  /** Of all branches, in the order in which they were asked, those after the turn of that index. */
  inOrder(userId: string, chatId: string, limit: number, afterIndex?: number): Promise<readonly Turn[]>;
  /** {@link recent} with what a person sees of each. */
  history(
    userId: string,
    chatId: string,
    limit: number,
    beforeTurnId?: string,
  ): Promise<readonly HistoryTurn[]>;
  /**
   * Likewise the part of the shown path that ends with the `newer` turns after this one; `isCut` when more follow.
   * Undefined when the turn is not on the shown path.
   */
  historyAround(
    userId: string,
    chatId: string,
    turnId: string,
    options: { readonly limit: number; readonly newer: number },
  ): Promise<{ readonly path: readonly HistoryTurn[]; readonly isCut: boolean } | undefined>;
  /**
   * The turn with those that it follows and the newest that follow it, so many of each, oldest first; `shownOnly`: of the
   * shown path.
   */
  around(
    userId: string,
    chatId: string,
    turnId: string,
    options: { readonly turns: number; readonly shownOnly: boolean },
  ): Promise<readonly Turn[]>;
  picture(userId: string, chatId: string, turnId: string): Promise<Picture | undefined>;
  /** The files of some turns of a chat, by turn; those without any are left out. */
  files(
    userId: string,
    chatId: string,
    turnIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly AttachedFile[]>>;
  /** Takes an exchange out of its chat: what follows it follows its parent. Throws CHAT_NOT_FOUND. */
  remove(userId: string, chatId: string, turnId: string): Promise<void>;
  /** Undoes {@link remove} within RESTORE_MS. Throws CHAT_NOT_FOUND. */
  restore(userId: string, chatId: string, turnId: string): Promise<void>;
  /**
   * Full-text search in questions and answers, best hit first; English, Russian, Chinese, Japanese, Korean. All words are
   * wanted, of which the chat's title may have some, and what stands in quotes as it stands; where no turn has all of
   * them, words are taken for mistyped ones, and at last any of them is enough. Turns that are found by their meaning come
   * between those found by words, and take the place of none that has all of them.
   */
  search(userId: string, query: string, options: SearchOptions): Promise<readonly SearchHit[]>;
}
/** What clients report through ReportUsage. */
export interface UsageReport {
  readonly id: string;
  readonly userId: string;
  readonly hardwareId: string;
  readonly sessionId: string;
  readonly source: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly createdAtMs: number;
}
export interface UsageStore {
  add(report: UsageReport): Promise<void>;
  /** An account's reports, oldest first, after one of them. */
  inOrder(userId: string, limit: number, after?: UsageReport): Promise<readonly UsageReport[]>;
}
