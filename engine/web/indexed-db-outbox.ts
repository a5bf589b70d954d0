import { CHAT_NAMES_MAX, readRowState } from "#engine/chat/row-state.ts";
import type { Outbox, OutboxRow } from "#engine/ports.ts";
import { isSuperseded, type PageConnection, type PageDatabase, type StoredRow } from "./page-database.ts";
import { createTabClaims } from "./tab-claims.ts";

/** Of the values that hold the ids of chats that were new. */
/** Names of chats that were new, the newest last. */
const NAMES = "chat-names";
/** Where an older page kept each by itself, for ever. */
const oldNames = () => IDBKeyRange.bound("chat-name:", "chat-name;", false, true);

/**
 * The queue of unanswered messages in the page's IndexedDB. A message that `add` has taken survives a crash of the
 * browser (`durability: "strict"`). All tabs share it.
 */
export function createIndexedDbOutbox(database: PageDatabase, locks: LockManager | undefined): Outbox {
  const claims = createTabClaims(locks);
  /** This tab can neither read nor settle rows any more: what it claims would wait for as long as it is open. */
  let isOver = false;
  async function use<T>(work: (connection: PageConnection) => Promise<T>): Promise<T> {
    try {
      return await database.use(work);
    } catch (reason) {
      isOver ||= isSuperseded(reason);
      if (isOver) await claims.releaseAll();
      throw reason;
    }
  }
  const write = (work: (stores: Stores) => Promise<void>): Promise<void> =>
    use(async (connection) => {
      const { stores, abort, done } = beginWrite(connection);
      const working = work(stores).catch((reason: unknown) => {
        // Else the browser would keep what was written before.
        abort();
        throw reason;
      });
      // Both: an error of the work says more, but only the end of the transaction says that it is safe.
      await Promise.all([working, done]);
    });
  const change = (id: string, by: (row: StoredRow) => Partial<OutboxRow>): Promise<void> =>
    write(async ({ rows }) => {
      const row = await rows.index("byMessage").get(id);
      if (row !== undefined) await rows.put({ ...row, ...by(row) });
    });
  return {
    add: (row, picture) => write((stores) => put(stores, row, picture)),
    replace: (oldId, row, picture) =>
      write(async (stores) => {
        for (const id of [oldId, row.clientMessageId]) await drop(stores, id);
        await put(stores, row, picture);
      }),
    list: (accountId) =>
      use(async (connection) => {
        const rows = await connection.getAllFromIndex("outbox", "byAccount", accountId);
        return rows.toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0)).map(toRow);
      }),
    picture: (clientMessageId) => use((connection) => connection.get("pictures", clientMessageId)),
    recordAttempt: (id) => change(id, (row) => ({ attempts: row.attempts + 1 })),
    setState: (id, state) => change(id, () => ({ state })),
    async renameChat(chatKey, chatId) {
      await write(async ({ rows, values }) => {
        const others = asNames(await values.get(NAMES)).filter(([key]) => key !== chatKey);
        await values.put([...others, [chatKey, chatId]].slice(-CHAT_NAMES_MAX), NAMES);
        await values.delete(oldNames());
        for (let cursor = await rows.openCursor(); cursor !== null; cursor = await cursor.continue()) {
          if (cursor.value.chatKey === chatKey) await cursor.update({ ...cursor.value, chatKey: chatId });
        }
      });
      await claims.rename(chatKey, chatId);
    },
    nameOf: (chatKey) => use(async (connection) => nameIn(await connection.get("values", NAMES), chatKey)),
    remove: (id) => write((stores) => drop(stores, id)),
    claim: async (chatKey) => !isOver && (await claims.take(chatKey)),
    release: (chatKey) => claims.release(chatKey),
  };
}

type Stores = ReturnType<typeof beginWrite>["stores"];

function beginWrite(connection: PageConnection) {
  const names = ["outbox", "pictures", "values"] as const;
  const transaction = connection.transaction(names, "readwrite", { durability: "strict" });
  const stores = {
    rows: transaction.objectStore("outbox"),
    pictures: transaction.objectStore("pictures"),
    values: transaction.objectStore("values"),
  };
  const abort = (): void => {
    try {
      transaction.abort();
    } catch {
      // The browser was quicker.
    }
  };
  return { stores, abort, done: transaction.done };
}

async function put(
  { rows, pictures, values }: Stores,
  row: OutboxRow,
  picture: Uint8Array | undefined,
): Promise<void> {
  // The same message twice is one message: the first one stands.
  if ((await rows.index("byMessage").getKey(row.clientMessageId)) !== undefined) return;
  // Another tab may have heard the name of its chat.
  const chatKey = nameIn(await values.get(NAMES), row.chatKey) ?? row.chatKey;
  await rows.add({ ...row, chatKey });
  // A copy: a picture may be a window into a larger buffer, all of which would be stored.
  if (picture !== undefined) await pictures.put(picture.slice(), row.clientMessageId);
}

async function drop({ rows, pictures }: Stores, id: string): Promise<void> {
  const seq = await rows.index("byMessage").getKey(id);
  if (seq === undefined) return;
  await rows.delete(seq);
  await pictures.delete(id);
}

function asNames(value: unknown): readonly (readonly [chatKey: string, chatId: string])[] {
  return Array.isArray(value) ? value : [];
}

function nameIn(value: unknown, chatKey: string): string | undefined {
  return asNames(value).find(([key]) => key === chatKey)?.[1];
}

function toRow({ seq: _seq, ...row }: StoredRow): OutboxRow {
  return { ...row, state: readRowState(row.state, row) };
}
