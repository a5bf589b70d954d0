import { sql, type Kysely, type Transaction } from "kysely";
import { SYNC_KEPT_CHANGES, type Change } from "#server/domain/sync/ports.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";

/** Old changes of an account are removed with each so manieth one. */
const REMOVED_AT_ONCE = 256;

type Told = (userId: string, seq: number) => void;

/**
 * Where stores write what happened to an account, in the transaction in which it happens: nobody is told of what was undone,
 * and nothing that was kept is left untold. The row of the account in `sync_heads` stays locked until the commit, so a
 * change is to be noted last, and is seen only after all with smaller numbers.
 */
export class SyncLog {
  readonly #time: DatabaseTime;
  #told: Told | undefined;
  /** What is to be told once a transaction is committed: accounts with their last numbers. */
  readonly #noted = new WeakMap<Kysely<Tables>, Map<string, number>>();

  constructor(time: DatabaseTime) {
    this.#time = time;
  }

  /** @param told called after each commit; whom it does not reach looks at `sync_heads` */
  listen(told: Told): void {
    this.#told = told;
  }

  /**
   * {@link inTransaction} for work that notes changes: they are told when it is committed.
   *
   * @param begin how it is run where it is no part of another transaction
   */
  async transaction<T>(
    db: Kysely<Tables>,
    work: (trx: Transaction<Tables>) => Promise<T>,
    begin: typeof inTransaction = inTransaction,
  ): Promise<T> {
    if (db.isTransaction) return inTransaction(db, work);
    let last: Transaction<Tables> | undefined;
    const result = await begin(db, (trx) => {
      last = trx;
      return work(trx);
    });
    const noted = last && this.#noted.get(last);
    for (const [userId, seq] of noted ?? []) this.#told?.(userId, seq);
    return result;
  }

  /** Does a change and notes it, if it `isDone` by what it resolves to. */
  change<T>(
    db: Kysely<Tables>,
    change: Change,
    work: (trx: Transaction<Tables>) => Promise<T>,
    isDone: (result: T) => boolean = () => true,
  ): Promise<T> {
    return this.transaction(db, async (trx) => {
      const result = await work(trx);
      if (isDone(result)) await this.note(trx, change);
      return result;
    });
  }

  /** Writes a change in the transaction of it; nothing, if its chat is a temporary one. */
  async note(trx: Transaction<Tables>, change: Change): Promise<void> {
    const { userId, kind, chatId, turnId, roomId, roomSeq } = change;
    const { rows } = await sql<{ last_seq: number }>`
      insert into sync_heads (user_id, last_seq)
      select cast(${userId} as text), 1
      where not exists (select 1 from chats where id = ${chatId ?? ""} and temporary = 1)
      on conflict (user_id) do update set last_seq = sync_heads.last_seq + 1
      returning last_seq`.execute(trx);
    const seq = rows[0]?.last_seq;
    if (seq === undefined) return;
    await sql`
      insert into sync_log (user_id, seq, kind, chat_id, turn_id, room_id, room_seq, at_ms)
      values (${userId}, ${seq}, ${kind}, ${chatId ?? null}, ${turnId ?? null}, ${roomId ?? null},
        ${roomSeq ?? null}, ${this.#time()})`.execute(trx);
    const noted = this.#noted.get(trx) ?? new Map<string, number>();
    this.#noted.set(trx, noted.set(userId, seq));
    if (seq % REMOVED_AT_ONCE !== 0) return;
    await trx
      .deleteFrom("sync_log")
      .where("user_id", "=", userId)
      .where("seq", "<=", seq - SYNC_KEPT_CHANGES)
      .execute();
  }
}
