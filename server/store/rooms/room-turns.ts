import { inTransaction } from "../sql/transaction.ts";

/** Transactions on one room that run at once: one has the lock of its row, and the next is there when it gives it back. */
const AT_ONCE = 2;

/**
 * Transactions of this process that change rooms. Those of one room wait for each other, and on PostgreSQL each would hold a
 * connection meanwhile: a room in which hundreds talk or join at once would leave none to anybody else. So they wait here, in
 * the order they came.
 */
export class RoomTurns {
  readonly #rooms = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

  /** {@link inTransaction} for what changes this room, once it is its turn. */
  in(roomId: string): typeof inTransaction {
    return async (db, work) => {
      // Who is in a transaction has a connection already, for which those who have a turn may wait.
      if (db.isTransaction) return inTransaction(db, work);
      await this.#enter(roomId);
      try {
        return await inTransaction(db, work);
      } finally {
        this.#leave(roomId);
      }
    };
  }

  async #enter(roomId: string): Promise<void> {
    const room = this.#rooms.get(roomId) ?? { running: 0, waiting: [] };
    this.#rooms.set(roomId, room);
    if (room.running < AT_ONCE) room.running++;
    else await new Promise<void>((resolve) => void room.waiting.push(resolve));
  }

  /** The turn goes to the next one. */
  #leave(roomId: string): void {
    const room = this.#rooms.get(roomId);
    if (room === undefined) return;
    const next = room.waiting.shift();
    if (next !== undefined) return next();
    room.running--;
    if (room.running === 0) this.#rooms.delete(roomId);
  }
}
