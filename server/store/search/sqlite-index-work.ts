import { setImmediate as pause } from "node:timers/promises";
import { sql, type Kysely } from "kysely";
import type { SqliteThread } from "../sqlite/sqlite-thread.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import { fitting, REBUILD_ENTRIES } from "./rebuild-batch.ts";
import type { IndexWork } from "./turn-index.ts";

/** Pages of the index that one step of a merge rewrites: about a millisecond. */
const MERGE_STEP_PAGES = 16;
/**
 * In `turn_search_data`, the first id of the lists of removed rows: "tombstone" pages, which FTS5 keeps for tables with
 * `contentless_delete` beyond those of the segments (FTS5_TOMBSTONE_ROWID in its source).
 */
const FIRST_TOMBSTONE_ID = 2 ** 16 * 2 ** 37;

/**
 * {@link IndexWork} in a thread that does nothing else. Stems are found first, which takes long, and without a lock.
 *
 * @param threadDb the database in that thread
 */
export function createSqliteIndexWork(threadDb: Kysely<Tables>, thread: SqliteThread): IndexWork {
  /** Finds the stems of some entries; `write` puts them into the index. */
  const withStems = async (
    where: string,
    parameters: readonly unknown[],
    write: () => Promise<void>,
  ): Promise<void> => {
    using held = new DisposableStack();
    held.use(thread.hold());
    await thread.run("create temp table if not exists stemmed (id, scope, question, answer)");
    await thread.run("delete from temp.stemmed");
    await thread.run(
      `insert into temp.stemmed (id, scope, question, answer)
       select r.id, scope_of(t.user_id, t.chat_id), question_stems(t.user_id, t.user_text),
         answer_stems(t.user_id, t.assistant_text)
       from turns t join turn_search_rows r on r.turn_id = t.id where ${where}`,
      parameters,
    );
    await write();
    await thread.run("delete from temp.stemmed");
  };

  return {
    complete: (turnId) => withStems("t.id = ?", [turnId], () => put(threadDb)),

    async rebuildSome() {
      const { rows } = await thread.run(
        `select r.id, octet_length(t.user_text) + octet_length(t.assistant_text) as size
         from turn_search_state s join turn_search_rows r on r.id <= s.outdated join turns t on t.id = r.turn_id
         order by r.id desc limit ${REBUILD_ENTRIES}`,
      );
      const some = fitting(rows as { id: number; size: number }[]);
      const [newest] = some;
      const oldest = some.at(-1);
      if (newest === undefined || oldest === undefined) return false;
      await withStems("r.id between ? and ?", [oldest.id, newest.id], () =>
        inTransaction(threadDb, async (trx) => {
          await put(trx);
          await sql`update turn_search_state set outdated = ${oldest.id - 1}`.execute(trx);
        }),
      );
      return true;
    },
  };
}

/** An entry that was written anew meanwhile has another id. */
async function put(db: Kysely<Tables>): Promise<void> {
  await sql`insert or replace into turn_search (rowid, scope, question, answer)
    select id, scope, question, answer from temp.stemmed
    where id in (select id from turn_search_rows)`.execute(db);
}

/**
 * Removing a row from a table without content only notes that it is gone; its words stay in the segments of the index
 * until these are merged. Merges them all, in small steps; does nothing when nothing was removed. Ends early when
 * `signal` aborts. Resolves to whether it has changed anything.
 */
export async function forgetRemoved(db: Kysely<Tables>, signal: AbortSignal): Promise<boolean> {
  const { rows } = await sql`select 1 from turn_search_data
    where id >= ${sql.lit(FIRST_TOMBSTONE_ID)} limit 1`.execute(db);
  if (rows.length === 0) return false;
  // A negative number begins a merge of all segments into one, further steps go on with it.
  let changed = await mergeStep(db, -MERGE_STEP_PAGES);
  while (changed && !signal.aborted) {
    await pause();
    changed = await mergeStep(db, MERGE_STEP_PAGES);
  }
  return true;
}

/** Resolves to whether there was anything left to merge: then more than the command itself counts as a change. */
async function mergeStep(db: Kysely<Tables>, pages: number): Promise<boolean> {
  return db.connection().execute(async (one) => {
    const changes = async () => {
      const { rows } = await sql<{ n: number }>`select total_changes() as n`.execute(one);
      return rows[0]?.n ?? 0;
    };
    const before = await changes();
    await sql`insert into turn_search (turn_search, rank) values ('merge', ${sql.lit(pages)})`.execute(one);
    return (await changes()) - before > 1;
  });
}
