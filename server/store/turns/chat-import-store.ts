import type { Kysely, Transaction } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import {
  chatIdsFor,
  projectIdsFor,
  type ChatImportStore,
  type ImportedChat,
  type ImportedProject,
  type ImportOutcome,
  type TurnBatch,
} from "#server/domain/imports/imported-chat.ts";
import { isConflict } from "../errors/postgres-errors.ts";
import { isUniqueViolation } from "../errors/storage-errors.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import { createProject, hasProject } from "../sql/project-store.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import { rowOf } from "../sql/stored-values.ts";
import type { SyncLog } from "../sync/sync-log.ts";
import { ChatGrowth, COMING, COMING_MS } from "./chat-growth.ts";

/** Turns of one transaction. */
const REMOVED_AT_ONCE = 100;

interface ImportWriter {
  /** Writes off the event loop. */
  readonly roomy: Kysely<Tables>;
  /** Whether each batch of a chat is a transaction of its own: SQLite has one writer, for whom all others wait. */
  readonly inBatches: boolean;
}

/** {@link ChatImportStore} on SQL. */
export interface SqlChatImportStore extends ChatImportStore {
  /** Removes chats of which only a part had come when this or an earlier server was ended. */
  removeParts(db: Kysely<Tables>, signal: AbortSignal): Promise<void>;
}

/** @param onEnded called when there are entries of the index to be completed */
export function createChatImportStore(
  { roomy, inBatches }: ImportWriter,
  index: TurnIndex,
  time: DatabaseTime,
  sync: SyncLog,
  onEnded: () => void,
): SqlChatImportStore {
  /** Chats that come at this moment. */
  const coming = new Set<string>();
  // Not tried again when another transaction is in the way: the turns are read once.
  const inOne: Transact = (work) =>
    sync.transaction(roomy, work, (on, begun) => on.transaction().execute(begun));
  return {
    async importChat(userId, chat, batches, again) {
      const request = { userId, chat, batches, again, inBatches };
      try {
        return inBatches
          ? await importChat(inOne, coming, { index, time, sync }, request)
          : await inOne((trx) => importChat((work) => work(trx), coming, { index, time, sync }, request));
      } catch (reason) {
        // Another server imports the same file.
        if (!isConflict(reason) && !isUniqueViolation(reason)) throw reason;
        const message = "The chat is being changed at this moment. Import the file once more.";
        throw new PipitError("SERVER_BUSY", message, { cause: reason });
      }
    },

    importsEnded: onEnded,

    async removeParts(db, signal) {
      while (!signal.aborted && (await inTransaction(db, (trx) => removeSome(trx, coming))));
    },
  };
}

type Transact = <T>(work: (trx: Transaction<Tables>) => Promise<T>) => Promise<T>;

interface Request {
  readonly userId: string;
  readonly chat: ImportedChat;
  readonly batches: AsyncIterable<TurnBatch>;
  readonly again: boolean;
  readonly inBatches: boolean;
}

async function importChat(
  transact: Transact,
  coming: Set<string>,
  { index, time, sync }: { readonly index: TurnIndex; readonly time: DatabaseTime; readonly sync: SyncLog },
  { userId, chat, batches, again, inBatches }: Request,
): Promise<ImportOutcome> {
  let place: Place | undefined;
  let growth: ChatGrowth | undefined;
  let told = 0;
  const add = async (trx: Transaction<Tables>, { turns, isLast }: TurnBatch): Promise<boolean> => {
    if (growth === undefined) {
      place = await placeOf(trx, userId, chat, again);
      if (place === undefined) return false;
      if (place.isNew) await insertChat(trx, userId, place.id, chat, !isLast);
      if (place.isNew && !isLast) coming.add(place.id);
      growth = new ChatGrowth(index, time, userId, place.id, chat);
    }
    if (!(await growth.add(trx, turns))) return false;
    if (isLast) await growth.finish(trx);
    // Last in its transaction: those who change something else of the account wait from here on.
    if (isNews(place, isLast, inBatches, growth.added - told)) {
      await noteImport(trx, sync, userId, chat, place);
      told = growth.added;
    }
    return true;
  };
  try {
    for await (const batch of batches) {
      if (!(await transact((trx) => add(trx, batch)))) return { kind: "deleted", turns: 0 };
    }
  } finally {
    coming.delete(place?.id ?? "");
  }
  const added = growth?.added ?? 0;
  return { kind: place?.isNew === true ? "made" : added > 0 ? "extended" : "unchanged", turns: added };
}

/** A new chat is seen when all of it is there; of another one, what is stored is. */
function isNews(place: Place | undefined, isLast: boolean, inBatches: boolean, added: number): boolean {
  return place?.isNew === true ? isLast : added > 0 && (isLast || inBatches);
}

async function noteImport(
  trx: Transaction<Tables>,
  sync: SyncLog,
  userId: string,
  { project }: ImportedChat,
  place: Place | undefined,
): Promise<void> {
  if (place === undefined) return;
  const { id: chatId, isNew } = place;
  if (isNew && project !== undefined) await sync.note(trx, { userId, kind: "project.changed" });
  await sync.note(trx, { userId, kind: isNew ? "chat.created" : "turn.changed", chatId });
}

interface Place {
  readonly id: string;
  readonly isNew: boolean;
}

/** Where the chat is, or is to be; undefined for one that was deleted. */
async function placeOf(
  trx: Transaction<Tables>,
  userId: string,
  chat: ImportedChat,
  again: boolean,
): Promise<Place | undefined> {
  let wasDeleted = false;
  for (const id of chatIdsFor(userId, chat)) {
    const row = await trx
      .selectFrom("chats")
      .select(["user_id", "deleted_at_ms", "temporary"])
      .where("id", "=", id)
      .executeTakeFirst();
    if (row === undefined) return wasDeleted && !again ? undefined : { id, isNew: true };
    if (row.user_id === userId && row.deleted_at_ms === COMING_MS) {
      // The server was killed while it came.
      await trx.deleteFrom("chats").where("id", "=", id).execute();
      return { id, isNew: true };
    }
    // A temporary chat is never listed, found or written to a file: nothing to be kept goes there.
    if (row.user_id !== userId || row.temporary === 1) continue;
    if (row.deleted_at_ms === null) return { id, isNew: false };
    wasDeleted = true;
  }
  return undefined;
}

/** Some turns of a chat, at last the chat itself; resolves to whether there may be more. */
async function removeSome(trx: Transaction<Tables>, coming: ReadonlySet<string>): Promise<boolean> {
  const parts = await trx.selectFrom("chats").select("id").where("deleted_at_ms", "=", COMING).execute();
  const id = parts.find((part) => !coming.has(part.id))?.id;
  if (id === undefined) return false;
  const some = trx.selectFrom("turns").select("id").where("chat_id", "=", id).limit(REMOVED_AT_ONCE);
  const { numDeletedRows } = await trx.deleteFrom("turns").where("id", "in", some).executeTakeFirst();
  if (numDeletedRows === 0n) await trx.deleteFrom("chats").where("id", "=", id).execute();
  return true;
}

async function insertChat(
  trx: Transaction<Tables>,
  userId: string,
  id: string,
  { title, createdAtMs, updatedAtMs, pinned, archived, project }: ImportedChat,
  isComing: boolean,
): Promise<void> {
  const projectId = project === undefined ? undefined : await placeProject(trx, userId, project);
  await trx
    .insertInto("chats")
    .values({
      ...rowOf({
        id,
        userId,
        title,
        createdAtMs,
        updatedAtMs,
        pinned,
        archived,
        projectId,
        temporary: false,
      }),
      head_turn_id: null,
      deleted_at_ms: isComing ? COMING_MS : null,
    })
    .execute();
}

/** The project of the account that it is, made where it is not there; undefined when the account has as many as it may. */
async function placeProject(
  trx: Transaction<Tables>,
  userId: string,
  project: ImportedProject,
): Promise<string | undefined> {
  for (const id of projectIdsFor(userId, project)) {
    if (await hasProject(trx, userId, id)) return id;
    if (!(await createProject(trx, { ...project, id, userId }))) return undefined;
    // Where another account has this id, nothing was made.
    if (await hasProject(trx, userId, id)) return id;
  }
  return undefined;
}
