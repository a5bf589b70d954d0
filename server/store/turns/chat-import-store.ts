import type { Kysely, Transaction } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import {
  chatIdsFor,
  projectIdsFor,
  type ChatImportStore,
  type ImportedChat,
  type ImportedProject,
  type ImportedTurn,
  type ImportOutcome,
} from "#server/domain/imports/imported-chat.ts";
import { isConflict } from "../errors/postgres-errors.ts";
import { isUniqueViolation } from "../errors/storage-errors.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import { createProjectStore } from "../sql/project-store.ts";
import type { Tables } from "../sql/schema.ts";
import { rowOf } from "../sql/stored-values.ts";
import { ChatGrowth } from "./chat-growth.ts";

/**
 * {@link ChatImportStore} on SQL.
 *
 * @param roomy writes off the event loop: a chat may have tens of thousands of turns
 * @param onEnded called when there are entries of the index to be completed
 */
export function createChatImportStore(
  roomy: Kysely<Tables>,
  index: TurnIndex,
  onEnded: () => void,
): ChatImportStore {
  return {
    async importChat(userId, chat, turns, again) {
      try {
        // Not tried again when another transaction is in the way: the turns are read once.
        return await roomy
          .transaction()
          .execute((trx) => importChat(trx, index, { userId, chat, turns, again }));
      } catch (reason) {
        // Another server imports the same file.
        if (!isConflict(reason) && !isUniqueViolation(reason)) throw reason;
        const message = "The chat is being changed at this moment. Import the file once more.";
        throw new PipitError("SERVER_BUSY", message, { cause: reason });
      }
    },
    importsEnded: onEnded,
  };
}

interface Request {
  readonly userId: string;
  readonly chat: ImportedChat;
  readonly turns: AsyncIterable<readonly ImportedTurn[]>;
  readonly again: boolean;
}

async function importChat(
  trx: Transaction<Tables>,
  index: TurnIndex,
  { userId, chat, turns, again }: Request,
): Promise<ImportOutcome> {
  const place = await placeOf(trx, userId, chat, again);
  if (place === undefined) return { kind: "deleted", turns: 0 };
  if (place.isNew) await insertChat(trx, userId, place.id, chat);
  const growth = new ChatGrowth(trx, index, userId, place.id, chat);
  for await (const some of turns) await growth.add(some);
  await growth.finish();
  const { added } = growth;
  return { kind: place.isNew ? "made" : added > 0 ? "extended" : "unchanged", turns: added };
}

/** Where the chat is, or is to be; undefined for one that was deleted. */
async function placeOf(trx: Transaction<Tables>, userId: string, chat: ImportedChat, again: boolean) {
  let wasDeleted = false;
  for (const id of chatIdsFor(userId, chat)) {
    const row = await trx
      .selectFrom("chats")
      .select(["user_id", "deleted_at_ms", "temporary"])
      .where("id", "=", id)
      .executeTakeFirst();
    if (row === undefined) return wasDeleted && !again ? undefined : { id, isNew: true };
    // A temporary chat is never listed, found or written to a file: nothing to be kept goes there.
    if (row.user_id !== userId || row.temporary === 1) continue;
    if (row.deleted_at_ms === null) return { id, isNew: false };
    wasDeleted = true;
  }
  return undefined;
}

async function insertChat(
  trx: Transaction<Tables>,
  userId: string,
  id: string,
  { title, createdAtMs, updatedAtMs, pinned, archived, project }: ImportedChat,
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
      deleted_at_ms: null,
    })
    .execute();
}

/** The project of the account that it is, made where it is not there; undefined when the account has as many as it may. */
async function placeProject(
  trx: Transaction<Tables>,
  userId: string,
  project: ImportedProject,
): Promise<string | undefined> {
  const projects = createProjectStore(trx);
  for (const id of projectIdsFor(userId, project)) {
    if ((await projects.find(userId, id)) !== undefined) return id;
    if (!(await projects.create({ ...project, id, userId }))) return undefined;
    // Where another account has this id, nothing was made.
    if ((await projects.find(userId, id)) !== undefined) return id;
  }
  return undefined;
}
