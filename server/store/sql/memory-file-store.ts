import { sql, type Kysely } from "kysely";
import type {
  FiledAccount,
  FiledChat,
  FiledTurn,
  MemoryFileStore,
  Pending,
} from "#server/domain/memory-files/ports.ts";
import type { Tables } from "./schema.ts";

/** To be set with every change that a memory file shows. */
export const fileChanged = { changes: sql<number>`changes + 1` };

/** Word for word as in the indexes of migration 0016, so that what is written costs the others nothing. */
const isBehind = sql<boolean>`chats.changes <> chats.filed_changes`;

/** {@link MemoryFileStore} on SQL. What was written needs no disk to be sure of: it would be written again. */
export function createMemoryFileStore(db: Kysely<Tables>, relaxed: Kysely<Tables>): MemoryFileStore {
  return {
    chats: (limit, after) => pendingChats(db, limit, after),

    async goneChats(limit) {
      const rows = await db
        .selectFrom("chats")
        .select(["id", "user_id", "changes"])
        .where(isBehind)
        .where("deleted_at_ms", "is not", null)
        .limit(limit)
        .execute();
      return rows.map(({ id, user_id: userId, changes }) => ({ id, userId, changes }));
    },

    accounts: (limit) => pendingAccounts(db, limit),
    turnsAfter: (chatId, index, limit) => turnsAfter(db, chatId, index, limit),
    chatFiled: (chatId, changes) => filed(relaxed, "chats", chatId, changes),
    accountFiled: (userId, changes) => filed(relaxed, "accounts", userId, changes),

    async refile(userId) {
      await refile(relaxed, userId);
      if (userId === undefined) await relaxed.updateTable("accounts").set(fileChanged).execute();
    },

    async count() {
      const { count } = await db
        .selectFrom("chats")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where(isBehind)
        .where("deleted_at_ms", "is", null)
        .where("temporary", "=", 0)
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    async written(limit, after = "") {
      const rows = await chatsWithNames(db)
        .where(sql<boolean>`chats.changes = chats.filed_changes`)
        .where(sql<boolean>`coalesce(accounts.is_active, 1) = 1`)
        .where("chats.id", ">", after)
        .orderBy("chats.id")
        .limit(limit)
        .execute();
      return rows.map(({ id, user_id: userId }) => ({ id, userId }));
    },

    async liveOf(userId, chatIds) {
      if (chatIds.length === 0) return new Set();
      const rows = await chatsWithNames(db)
        .where("chats.user_id", "=", userId)
        .where(sql<boolean>`coalesce(accounts.is_active, 1) = 1`)
        .execute();
      const live = new Set(rows.map(({ id }) => id));
      return new Set(chatIds.filter((id) => live.has(id)));
    },
  };
}

async function pendingAccounts(db: Kysely<Tables>, limit: number): Promise<readonly Pending<FiledAccount>[]> {
  const rows = await db
    .selectFrom("accounts")
    .selectAll()
    .where(sql<boolean>`changes <> filed_changes`)
    .limit(limit)
    .execute();
  const memories = await memoriesOf(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row): Pending<FiledAccount> => ({
    id: row.id,
    login: row.login,
    displayName: row.display_name,
    about: row.about ?? undefined,
    active: row.is_active === 1,
    createdAtMs: row.created_at_ms,
    memories: memories.flatMap(({ user_id, text }) => (user_id === row.id ? [text] : [])),
    changes: row.changes,
  }));
}

async function memoriesOf(db: Kysely<Tables>, userIds: readonly string[]) {
  if (userIds.length === 0) return [];
  return db
    .selectFrom("memories")
    .select(["user_id", "text"])
    .where("user_id", "in", userIds)
    .where("deleted_at_ms", "is", null)
    .orderBy("created_at_ms", "desc")
    .orderBy("id")
    .execute();
}

/** Lets the files of all chats be written anew, or of those of one account. */
export async function refile(db: Kysely<Tables>, userId?: string): Promise<void> {
  await db
    .updateTable("chats")
    .set(fileChanged)
    .where("deleted_at_ms", "is", null)
    .$if(userId !== undefined, (query) => query.where("user_id", "=", userId ?? ""))
    .execute();
}

function chatsWithNames(db: Kysely<Tables>) {
  return db
    .selectFrom("chats")
    .leftJoin("accounts", "accounts.id", "chats.user_id")
    .select(["chats.id", "chats.user_id", "chats.title", "chats.created_at_ms", "chats.updated_at_ms"])
    .select(["chats.changes", "accounts.display_name", "accounts.is_active"])
    .where("chats.deleted_at_ms", "is", null)
    .where("chats.temporary", "=", 0);
}

async function pendingChats(
  db: Kysely<Tables>,
  limit: number,
  after: FiledChat | undefined,
): Promise<readonly Pending<FiledChat>[]> {
  let query = chatsWithNames(db).where(isBehind);
  if (after !== undefined) {
    query = query.where(sql<boolean>`(chats.updated_at_ms, chats.id) < (${after.updatedAtMs}, ${after.id})`);
  }
  const rows = await query
    .orderBy("chats.updated_at_ms", "desc")
    .orderBy("chats.id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    userName: row.display_name ?? "User",
    isAccountActive: row.is_active !== 0,
    title: row.title,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    changes: row.changes,
  }));
}

async function turnsAfter(
  db: Kysely<Tables>,
  chatId: string,
  index: number,
  limit: number,
): Promise<readonly FiledTurn[]> {
  const rows = await db
    .selectFrom("turns")
    .select(["turn_index", "user_text", "assistant_text", "created_at_ms", "finished_at_ms"])
    .where("chat_id", "=", chatId)
    .where("turn_index", ">", index)
    .where("deleted_at_ms", "is", null)
    .where("status", "!=", "running")
    .orderBy("turn_index")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    index: row.turn_index,
    userText: row.user_text,
    assistantText: row.assistant_text,
    askedAtMs: row.created_at_ms,
    answeredAtMs: row.finished_at_ms ?? row.created_at_ms,
  }));
}

async function filed(
  db: Kysely<Tables>,
  table: "chats" | "accounts",
  id: string,
  changes: number,
): Promise<boolean> {
  const { rows } = await sql<{ changes: number }>`update ${sql.table(table)} set filed_changes = ${changes}
    where id = ${id} returning changes`.execute(db);
  return rows[0] === undefined || rows[0].changes === changes;
}
