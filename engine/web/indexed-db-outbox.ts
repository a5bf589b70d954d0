import type { Outbox, OutboxRow } from "#engine/ports.ts";
import type { PageConnection, PageDatabase, StoredRow } from "./page-database.ts";

/**
 * The queue of unanswered messages in the page's IndexedDB. A message that `add` has taken survives a crash of the
 * browser (`durability: "strict"`). All tabs share it; which tab sends what is decided by `tab-outbox.ts`.
 */
export function createIndexedDbOutbox(database: PageDatabase): Outbox {
  return {
    add: (row) =>
      write(database, async (store) => {
        // The same message twice is one message: the first one stands.
        if ((await store.index("byMessage").getKey(row.clientMessageId)) === undefined)
          await store.add(compact(row));
      }),
    list: (accountId) =>
      database.use(async (connection) => {
        const rows = await connection.getAllFromIndex("outbox", "byAccount", accountId);
        return rows.toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0)).map(withoutSeq);
      }),
    recordAttempt: (clientMessageId) =>
      write(database, async (store) => {
        const row = await store.index("byMessage").get(clientMessageId);
        if (row !== undefined) await store.put({ ...row, attempts: row.attempts + 1 });
      }),
    renameChat: (chatKey, chatId) =>
      write(database, async (store) => {
        for (let cursor = await store.openCursor(); cursor !== null; cursor = await cursor.continue()) {
          if (cursor.value.chatKey === chatKey) await cursor.update({ ...cursor.value, chatKey: chatId });
        }
      }),
    remove: (clientMessageId) =>
      write(database, async (store) => {
        const seq = await store.index("byMessage").getKey(clientMessageId);
        if (seq !== undefined) await store.delete(seq);
      }),
  };
}

type OutboxStore = ReturnType<typeof beginWrite>["store"];

function beginWrite(connection: PageConnection) {
  return connection.transaction("outbox", "readwrite", { durability: "strict" });
}

async function write(database: PageDatabase, work: (store: OutboxStore) => Promise<void>): Promise<void> {
  await database.use(async (connection) => {
    const transaction = beginWrite(connection);
    // Both: an error of the work says more, but only the end of the transaction says that it is safe.
    await Promise.all([work(transaction.store), transaction.done]);
  });
}

/** A picture may be a window into a larger buffer, all of which would be stored. */
function compact(row: OutboxRow): StoredRow {
  return row.image === undefined ? row : { ...row, image: { ...row.image, bytes: row.image.bytes.slice() } };
}

function withoutSeq({ seq: _seq, ...row }: StoredRow): OutboxRow {
  return row;
}
