import { setImmediate as nextTurn } from "node:timers/promises";
import { sql, type Kysely, type Transaction } from "kysely";
import type { ChangeKind } from "#contract/events/event-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type {
  Chat,
  ChatChanges,
  ChatFilter,
  ChatPlace,
  ChatStore,
  NewChat,
} from "#server/domain/chats/ports.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import { restorableSince, type DatabaseTime } from "../sql/database-time.ts";
import type { ChatRow, Tables } from "../sql/schema.ts";
import { fileChanged } from "../sql/memory-file-store.ts";
import { hasProject, projectOf } from "../sql/project-store.ts";
import { rowOf, toFlag } from "../sql/stored-values.ts";
import { inTransaction } from "../sql/transaction.ts";
import type { SyncLog } from "../sync/sync-log.ts";
import { forkChat } from "./chat-fork.ts";
import { COMING } from "./chat-growth.ts";
import { indexRestored } from "./restoring.ts";
import { newestBelow } from "./turn-tree.ts";

/** Turns that one transaction takes out of the index: on SQLite some milliseconds, for which all others wait. */
const REMOVED_AT_ONCE = 500;

/** In `titled`: where a title is from. Of a claimed chat it is the model's, also while this is still being asked. */
const [FIRST_WORDS, BY_MODEL, BY_HAND] = [0, 1, 2] as const;
type Titled = typeof FIRST_WORDS | typeof BY_MODEL | typeof BY_HAND;

/** Error for a chat that is not there or is another user's; the two are never told apart. */
export function chatNotFound(): PipitError {
  return new PipitError(
    "CHAT_NOT_FOUND",
    "There is no such chat. It may have been deleted; start a new one.",
    {
      field: "chat_id",
    },
  );
}

/**
 * {@link ChatStore} on SQL.
 *
 * @param relaxed for the chats of questions
 * @param roomy for copies of whole chats: it writes off the event loop
 * @param onIncomplete called when the index does not know all of a chat that was restored or copied
 */
export function createChatStore(
  db: Kysely<Tables>,
  { relaxed, roomy }: Readonly<Record<"relaxed" | "roomy", Kysely<Tables>>>,
  index: TurnIndex,
  time: DatabaseTime,
  sync: SyncLog,
  onIncomplete: () => void,
): ChatStore {
  return {
    create: (chat) =>
      sync.change(db, { userId: chat.userId, kind: "chat.created", chatId: chat.id }, async (trx) => {
        await checkProject(trx, chat.userId, chat.projectId);
        await create(trx, chat, chat.title === "" ? FIRST_WORDS : BY_HAND);
      }),
    createForQuestion: (chat) => create(relaxed, chat, FIRST_WORDS),
    claimTitle: (userId, chatId) =>
      isDone(ofOrigin(db, userId, chatId, FIRST_WORDS).set({ titled: BY_MODEL })),
    giveTitle: (userId, chatId, turnId, title) =>
      sync.change(
        db,
        { userId, kind: "chat.renamed", chatId },
        (trx) =>
          isDone(
            ofOrigin(trx, userId, chatId, BY_MODEL)
              .set({ title, ...fileChanged })
              .where(stillThere(turnId)),
          ),
        (given) => given,
      ),

    async find(userId, chatId) {
      const row = await found(db, userId, chatId).where("deleted_at_ms", "is", null).executeTakeFirst();
      return row && toChat(row);
    },

    ofMessage: (userId, clientMessageId) => chatOfMessage(db, userId, clientMessageId),

    list: (userId, limit, options) => list(db, userId, limit, options),

    async inOrder(userId, limit, after) {
      let rows = shownChats(db, userId);
      if (after !== undefined) {
        rows = rows.where(sql<boolean>`(created_at_ms, id) > (${after.createdAtMs}, ${after.id})`);
      }
      return (await rows.orderBy("created_at_ms").orderBy("id").limit(limit).execute()).map(toChat);
    },

    update: (userId, chatId, changes) =>
      sync.transaction(db, async (trx) => {
        const chat = await update(trx, userId, chatId, changes);
        for (const kind of kindsOf(changes)) await sync.note(trx, { userId, kind, chatId });
        return chat;
      }),

    async fork(userId, chatId, fork) {
      const row = await sync.change(
        roomy,
        { userId, kind: "chat.created", chatId: fork.id },
        (trx) => forkChat(trx, index, userId, chatId, fork),
        (copy) => copy !== undefined,
      );
      if (row === undefined) throw chatNotFound();
      onIncomplete();
      return toChat(row);
    },

    async remove(userId, chatId, unusedSinceMs) {
      let last = await sync.change(db, { userId, kind: "chat.deleted", chatId }, async (trx) => {
        await remove(trx, time, { userId, chatId, unusedSinceMs });
        return removeFromIndex(trx, index, chatId);
      });
      // It is deleted by now, and no search shows it: should one of these fail, the sweep that wipes it does the rest.
      for (; last !== undefined; await nextTurn())
        last = await inTransaction(db, (trx) => removeFromIndex(trx, index, chatId, last)).catch(
          () => undefined,
        );
    },

    async restore(userId, chatId) {
      const change = { userId, kind: "chat.restored", chatId } as const;
      const { chat, isIncomplete } = await sync.change(db, change, (trx) =>
        restore(trx, index, time, userId, chatId),
      );
      if (isIncomplete) onIncomplete();
      return chat;
    },
  };
}

function found(on: Kysely<Tables>, userId: string, chatId: string) {
  return on.selectFrom("chats").selectAll().where("id", "=", chatId).where("user_id", "=", userId);
}

/** Resolves to the project that it is in. */
async function create(on: Kysely<Tables>, chat: NewChat, titled: Titled): Promise<string | undefined> {
  const { projectId, ...own } = chat;
  const made = await on
    .insertInto("chats")
    .values({
      ...rowOf({ ...own, temporary: chat.temporary ?? false }),
      project_id: projectId === undefined ? null : projectOf(on, chat.userId, projectId),
      titled,
      head_turn_id: null,
      pinned: 0,
      archived: 0,
      deleted_at_ms: null,
    })
    .onConflict((c) => c.column("id").doNothing())
    .returning("project_id")
    .executeTakeFirst();
  if (made !== undefined) return made.project_id ?? undefined;
  const taken = await found(on, chat.userId, chat.id).executeTakeFirst();
  if (taken !== undefined && taken.deleted_at_ms !== null) throw chatNotFound();
  throw new PipitError("INVALID_REQUEST", "A chat with this id exists already. Choose another id.", {
    field: "chat_id",
  });
}

/** What those who follow the account are told of these changes. */
function kindsOf({ title, shownTurnId, ...others }: ChatChanges): readonly ChangeKind[] {
  return [
    ...(title === undefined ? [] : (["chat.renamed"] as const)),
    ...(shownTurnId === undefined ? [] : (["turn.changed"] as const)),
    ...(Object.values(others).every((value) => value === undefined) ? [] : (["chat.changed"] as const)),
  ];
}

/** `ChatStore.list`. */
async function list(
  db: Kysely<Tables>,
  userId: string,
  limit: number,
  { after, pinned, archived, projectId }: ChatFilter & { readonly after?: ChatPlace | undefined } = {},
): Promise<readonly Chat[]> {
  let rows = shownChats(db, userId);
  if (pinned !== undefined) rows = rows.where("pinned", "=", toFlag(pinned));
  if (archived !== undefined) rows = rows.where("archived", "=", toFlag(archived));
  if (projectId !== undefined) rows = rows.where("project_id", "=", projectId);
  if (after !== undefined) {
    rows = rows.where(sql<boolean>`(updated_at_ms, id) < (${after.updatedAtMs}, ${after.id})`);
  }
  const page = rows.orderBy("updated_at_ms", "desc").orderBy("id", "desc").limit(limit);
  return (await page.execute()).map(toChat);
}

/** A change of a chat, if its title is still of that origin. */
function ofOrigin(db: Kysely<Tables>, userId: string, chatId: string, titled: Titled) {
  return db
    .updateTable("chats")
    .where("id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .where("temporary", "=", 0)
    .where("titled", "=", titled);
}

async function isDone(change: {
  executeTakeFirst(): Promise<{ readonly numUpdatedRows: bigint }>;
}): Promise<boolean> {
  return (await change.executeTakeFirst()).numUpdatedRows === 1n;
}

function stillThere(turnId: string) {
  return sql<boolean>`exists (select 1 from turns where turns.id = ${turnId} and turns.deleted_at_ms is null)`;
}

/** The chats that a person has. */
function shownChats(db: Kysely<Tables>, userId: string) {
  return (
    db
      .selectFrom("chats")
      .selectAll()
      .where("user_id", "=", userId)
      .where("deleted_at_ms", "is", null)
      .where("temporary", "=", 0)
      // One of which all was deleted is gone for the person; until then it has a head.
      .where((eb) =>
        eb.or([
          eb("head_turn_id", "is not", null),
          eb.not(
            eb.exists(eb.selectFrom("turns").select("turns.id").whereRef("turns.chat_id", "=", "chats.id")),
          ),
        ]),
      )
  );
}

async function chatOfMessage(
  db: Kysely<Tables>,
  userId: string,
  clientMessageId: string,
): Promise<Chat | undefined> {
  const row = await db
    .selectFrom("turns")
    .innerJoin("chats", "chats.id", "turns.chat_id")
    .selectAll("chats")
    .select("turns.deleted_at_ms as message_deleted_at_ms")
    .where("turns.user_id", "=", userId)
    .where("turns.client_message_id", "=", clientMessageId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.deleted_at_ms !== null || row.message_deleted_at_ms !== null) throw chatNotFound();
  return toChat(row);
}

/** Nothing was said in it, or imported into it, later than that. */
export function isUnusedSince(ms: number) {
  return sql<boolean>`updated_at_ms <= ${ms} and coalesce(imported_at_ms, 0) <= ${ms}`;
}

interface Removed {
  readonly userId: string;
  readonly chatId: string;
  readonly unusedSinceMs: number | undefined;
}

async function remove(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  { userId, chatId, unusedSinceMs }: Removed,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("chats")
    .set({ deleted_at_ms: time(), ...fileChanged })
    .where("id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .$if(unusedSinceMs !== undefined, (query) => query.where(isUnusedSince(unusedSinceMs ?? 0)))
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw chatNotFound();
}

/** Takes the next turns of a chat that is deleted out of the index; resolves to the number of the last, if there may be more. */
async function removeFromIndex(
  trx: Transaction<Tables>,
  index: TurnIndex,
  chatId: string,
  after = -1,
): Promise<number | undefined> {
  // Locks it against a restore (PostgreSQL).
  const chat = await trx
    .updateTable("chats")
    .set((eb) => ({ deleted_at_ms: eb.ref("deleted_at_ms") }))
    .where("id", "=", chatId)
    .where("deleted_at_ms", "is not", null)
    .returning("id")
    .executeTakeFirst();
  if (chat === undefined) return undefined;
  const turns = await trx
    .selectFrom("turns")
    .select(["id", "turn_index"])
    .where("chat_id", "=", chatId)
    .where("turn_index", ">", after)
    .orderBy("turn_index")
    .limit(REMOVED_AT_ONCE)
    .execute();
  if (turns.length > 0)
    await index.remove(
      trx,
      turns.map(({ id }) => id),
    );
  return turns.length < REMOVED_AT_ONCE ? undefined : turns.at(-1)?.turn_index;
}

async function restore(
  trx: Transaction<Tables>,
  index: TurnIndex,
  time: DatabaseTime,
  userId: string,
  chatId: string,
) {
  const row = await trx
    .updateTable("chats")
    .set({ deleted_at_ms: null, ...fileChanged })
    .where("id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", ">", restorableSince(time))
    .where("deleted_at_ms", "<", COMING)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw chatNotFound();
  const turns = trx.selectFrom("turns").where("chat_id", "=", chatId);
  return { chat: toChat(row), isIncomplete: await indexRestored(trx, index, turns) };
}

function toChat(row: ChatRow): Chat {
  return {
    id: row.id,
    userId: row.user_id,
    title: row.title,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    pinned: row.pinned === 1,
    archived: row.archived === 1,
    unread: row.unread === 1,
    temporary: row.temporary === 1,
    projectId: row.project_id ?? undefined,
    headTurnId: row.head_turn_id ?? undefined,
  };
}

async function update(
  trx: Transaction<Tables>,
  userId: string,
  chatId: string,
  { shownTurnId, title, pinned, archived, unread, projectId }: ChatChanges,
): Promise<Chat> {
  const head = shownTurnId === undefined ? undefined : await newestBelow(trx, chatId, shownTurnId);
  if (shownTurnId !== undefined && head === undefined) {
    throw invalidField("shown_turn_id", "there is no such turn in this chat. Load its messages again.");
  }
  await checkProject(trx, userId, projectId ?? undefined);
  const row = await trx
    .updateTable("chats")
    .set((eb) => ({
      title: title ?? eb.ref("title"),
      ...(title !== undefined && { titled: BY_HAND }),
      ...fileChanged,
      ...(head !== undefined && { head_turn_id: head }),
      ...(pinned !== undefined && { pinned: toFlag(pinned) }),
      ...(archived !== undefined && { archived: toFlag(archived) }),
      ...(unread !== undefined && { unread: toFlag(unread) }),
      ...(projectId !== undefined && { project_id: projectId }),
    }))
    .where("id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw chatNotFound();
  return toChat(row);
}

async function checkProject(
  db: Kysely<Tables>,
  userId: string,
  projectId: string | undefined,
): Promise<void> {
  if (projectId === undefined || (await hasProject(db, userId, projectId))) return;
  throw invalidField("project_id", "there is no such project. It may have been deleted.");
}
