import type { Kysely, Transaction } from "kysely";
import {
  MEMORIES_MAX,
  type Memory,
  type MemoryStore,
  type NewMemory,
} from "#server/domain/memories/ports.ts";
import { memoryKeyOf, noRoom } from "#server/domain/memories/memory-text.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import { restorableSince, type DatabaseTime } from "./database-time.ts";
import { fileChanged } from "./memory-file-store.ts";
import type { Tables } from "./schema.ts";
import { rowOf, toFlag } from "./stored-values.ts";
import type { SyncLog } from "../sync/sync-log.ts";

/** {@link MemoryStore} on SQL. Every change is one of the person's file too. */
export function createMemoryStore(db: Kysely<Tables>, time: DatabaseTime, sync: SyncLog): MemoryStore {
  const changing = <T>(
    userId: string,
    work: (trx: Transaction<Tables>) => Promise<T>,
    isDone?: (result: T) => boolean,
  ): Promise<T> => sync.change(db, { userId, kind: "memory.changed" }, work, isDone);
  return {
    async list(userId) {
      const rows = await newestFirst(db, userId).execute();
      return rows.map(toMemory);
    },

    async told(userId) {
      const rows = await newestFirst(db, userId)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom("accounts").select("id").where("accounts.id", "=", userId).where("remembers", "=", 1),
          ),
        )
        .execute();
      return rows.map(toMemory);
    },

    async isOn(userId) {
      const account = await db
        .selectFrom("accounts")
        .select("remembers")
        .where("id", "=", userId)
        .executeTakeFirst();
      return account?.remembers === 1;
    },

    switch: (userId, on) =>
      changing(userId, async (trx) => {
        await trx
          .updateTable("accounts")
          .set({ remembers: toFlag(on) })
          .where("id", "=", userId)
          .execute();
      }),

    add: (memory) => changing(memory.userId, (trx) => add(trx, memory), Boolean),

    update: (userId, id, text, nowMs) =>
      changing(userId, (trx) => update(trx, userId, id, text, nowMs), Boolean),

    remove: (userId, id) =>
      changing(
        userId,
        async (trx) => {
          await lockAccount(trx, userId);
          const { numUpdatedRows } = await trx
            .updateTable("memories")
            .set({ deleted_at_ms: time() })
            .where("id", "=", id)
            .where("user_id", "=", userId)
            .where("deleted_at_ms", "is", null)
            .executeTakeFirst();
          return numUpdatedRows === 1n;
        },
        Boolean,
      ),

    restore: (userId, id) => changing(userId, (trx) => restore(trx, time, userId, id), Boolean),

    async removeAll(userId) {
      await db
        .updateTable("memories")
        .set({ deleted_at_ms: restorableSince(time) })
        .where("user_id", "=", userId)
        .execute();
    },
  };
}

/** Counts the change of the file, and keeps other changes of the same memories waiting (PostgreSQL). A closed account has none. */
async function lockAccount(trx: Transaction<Tables>, userId: string) {
  return trx
    .updateTable("accounts")
    .set(fileChanged)
    .where("id", "=", userId)
    .where("is_active", "=", 1)
    .returning("remembers")
    .executeTakeFirst();
}

async function add(trx: Transaction<Tables>, memory: NewMemory): Promise<Memory | undefined> {
  const { userId, text, sourceTurn } = memory;
  const account = await lockAccount(trx, userId);
  if (account === undefined) return undefined;
  const key = memoryKeyOf(text);
  const same = await saying(trx, userId, key);
  if (same !== undefined) return toMemory(same);
  if (sourceTurn !== undefined && (account.remembers === 0 || !(await isThere(trx, userId, sourceTurn)))) {
    return undefined;
  }
  if (!(await hasRoom(trx, userId))) return undefined;
  const row = {
    ...rowOf({ ...memory, updatedAtMs: memory.createdAtMs }),
    text_key: key,
    deleted_at_ms: null,
  };
  await trx.insertInto("memories").values(row).execute();
  return toMemory(row);
}

async function update(
  trx: Transaction<Tables>,
  userId: string,
  id: string,
  text: string,
  nowMs: number,
): Promise<Memory | undefined> {
  const account = await lockAccount(trx, userId);
  const key = memoryKeyOf(text);
  const same = await saying(trx, userId, key);
  if (same !== undefined && same.id !== id) {
    throw invalidField("text", "another memory says the same. Forget one of the two.");
  }
  const row = await trx
    .updateTable("memories")
    .set({ text, text_key: key, updated_at_ms: nowMs })
    .where("id", "=", id)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .returningAll()
    .executeTakeFirst();
  return account && row && toMemory(row);
}

async function hasRoom(trx: Transaction<Tables>, userId: string): Promise<boolean> {
  const { count } = await trx
    .selectFrom("memories")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count) < MEMORIES_MAX;
}

/**
 * The turn of which it would be, as the person sees it; of a temporary chat, and of a project that keeps no memories,
 * nothing is remembered. One that asks again what was asked there before says nothing new: what was remembered of it may
 * have been forgotten since.
 */
async function isThere(trx: Transaction<Tables>, userId: string, turnId: string): Promise<boolean> {
  const turn = await trx
    .selectFrom("turns")
    .innerJoin("chats", "chats.id", "turns.chat_id")
    .leftJoin("projects", "projects.id", "chats.project_id")
    .select("turns.id")
    .where("turns.id", "=", turnId)
    .where("turns.user_id", "=", userId)
    .where("turns.deleted_at_ms", "is", null)
    .where("chats.deleted_at_ms", "is", null)
    .where("chats.temporary", "=", 0)
    .where((eb) => eb.or([eb("projects.id", "is", null), eb("projects.remembers", "=", 1)]))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("turns as before")
            .select("before.id")
            .whereRef("before.chat_id", "=", "turns.chat_id")
            .whereRef("before.parent_turn_id", "is not distinct from", "turns.parent_turn_id")
            .whereRef("before.user_text", "=", "turns.user_text")
            .whereRef("before.turn_index", "<", "turns.turn_index"),
        ),
      ),
    )
    .executeTakeFirst();
  return turn !== undefined;
}

async function restore(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  userId: string,
  id: string,
): Promise<Memory | undefined> {
  await lockAccount(trx, userId);
  const gone = await trx
    .selectFrom("memories")
    .selectAll()
    .where("id", "=", id)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", ">", restorableSince(time))
    .executeTakeFirst();
  if (gone === undefined) return undefined;
  const same = await saying(trx, userId, gone.text_key);
  if (same !== undefined) return toMemory(same);
  if (!(await hasRoom(trx, userId))) throw noRoom();
  await trx.updateTable("memories").set({ deleted_at_ms: null }).where("id", "=", id).execute();
  return toMemory(gone);
}

function live(db: Kysely<Tables>, userId: string) {
  return db
    .selectFrom("memories")
    .selectAll()
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null);
}

function newestFirst(db: Kysely<Tables>, userId: string) {
  return live(db, userId).orderBy("created_at_ms", "desc").orderBy("id");
}

function saying(trx: Transaction<Tables>, userId: string, key: string) {
  return live(trx, userId).where("text_key", "=", key).executeTakeFirst();
}

function toMemory(row: Omit<Tables["memories"], "text_key" | "deleted_at_ms">): Memory {
  return {
    id: row.id,
    userId: row.user_id,
    text: row.text,
    sourceTurn: row.source_turn ?? undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
