import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import { PipitError } from "#contract/pipit-error.ts";
import { withTimeout } from "#engine/abort.ts";
import { sizeOf, type ScreenImage } from "#contract/screen-image.ts";
import type { OutboxRow } from "#engine/ports.ts";
import { systemClock } from "#engine/system-clock.ts";

const SCHEMA_VERSION = 4;
/** Some browsers never answer when their storage is in disorder; a page that waits for that shows nothing. */
const OPEN_TIMEOUT_MS = 5_000;

/** An event that waits to be sent. */
interface StoredEvent {
  readonly seq?: number;
  readonly accountId: string;
  readonly eventId: string;
  /** Its JSON. */
  readonly data: string;
  /** How often the server has refused this very event. */
  readonly refusals: number;
  readonly lastError?: string;
}

/** A row with the number that says which came first. */
export type StoredRow = OutboxRow & { readonly seq?: number };

interface PageSchema extends DBSchema {
  outbox: { key: number; value: StoredRow; indexes: { byMessage: string; byAccount: string } };
  /** Pictures of queued messages, by message: a list of the rows does not read them. */
  pictures: { key: string; value: Uint8Array };
  /** Settings, draft and the like, each under its name. */
  values: { key: string; value: unknown };
  /** Messages of chats that were read here, by chat, as JSON in UTF-8. */
  chats: { key: string; value: Uint8Array };
  /** In the order of their sending by `byTurn`: account, refusals, `seq`. */
  events: {
    key: number;
    value: StoredEvent;
    indexes: { byTurn: [string, number, number]; byAge: [string, number]; byEvent: [string, string] };
  };
}

const storeNames = ["outbox", "pictures", "values", "chats", "events"] as const;

export type PageConnection = IDBPDatabase<PageSchema>;

/** The page's IndexedDB; shared by all tabs of this origin. */
export type PageDatabase = Awaited<ReturnType<typeof openPageDatabase>>;

/** @throws PipitError STORAGE_UNREADABLE when this browser stores nothing for this page. */
export async function openPageDatabase(name: string) {
  let current: PageConnection | undefined;
  const close = (): void => {
    current?.close();
    current = undefined;
  };
  const connected = async (): Promise<PageConnection> => {
    current ??= await connect(name, close);
    return current;
  };
  const database = {
    /**
     * Runs `work` on an open connection, opening it again if the browser has closed it.
     *
     * @throws PipitError STORAGE_FULL, STORAGE_UNREADABLE.
     */
    async use<T>(work: (connection: PageConnection) => Promise<T>): Promise<T> {
      try {
        return await work(await connected()).catch(async (error: unknown) => {
          if (!isClosed(error)) throw error;
          close();
          return await work(await connected());
        });
      } catch (error) {
        throw storageError(error);
      }
    },
    [Symbol.dispose]: close,
  };
  // One that opens may still give nothing: its files are damaged, or another program of this origin made it.
  await database.use(async (connection) => {
    const stores = connection.transaction(storeNames);
    await Promise.all([...storeNames.map((store) => stores.objectStore(store).count()), stores.done]);
  });
  return database;
}

async function connect(name: string, onLost: () => void): Promise<PageConnection> {
  let why = `not open within ${OPEN_TIMEOUT_MS} ms`;
  const opening = openDB<PageSchema>(name, SCHEMA_VERSION, {
    async upgrade(connection, oldVersion, _newVersion, transaction) {
      createEvents(connection);
      if (oldVersion === 3) return;
      connection.createObjectStore("chats");
      if (oldVersion === 2) return;
      connection.createObjectStore("pictures");
      if (oldVersion === 1) return await movePictures(transaction);
      const outbox = connection.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
      outbox.createIndex("byMessage", "clientMessageId", { unique: true });
      outbox.createIndex("byAccount", "accountId");
      connection.createObjectStore("values");
    },
    // It steps aside when it has written what it is writing, if it is of ours.
    blocked: () => void (why = "another tab holds an older version open"),
    // A newer page wants to change the layout: out of its way. The next use opens again.
    blocking: onLost,
    terminated: onLost,
  });
  const { signal } = new AbortController();
  const onTimeout = () => unreadable(new Error(why));
  try {
    return await withTimeout(systemClock, OPEN_TIMEOUT_MS, signal, () => opening, onTimeout);
  } catch (reason) {
    // One that opens when it is no longer wanted would be in the way of newer pages.
    opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw reason;
  }
}

function createEvents(connection: PageConnection): void {
  const events = connection.createObjectStore("events", { keyPath: "seq", autoIncrement: true });
  events.createIndex("byTurn", ["accountId", "refusals", "seq"]);
  events.createIndex("byAge", ["accountId", "seq"]);
  events.createIndex("byEvent", ["accountId", "eventId"], { unique: true });
}

type Upgrade = IDBPTransaction<PageSchema, StoreNames<PageSchema>[], "versionchange">;

/** Rows of version 1 held their pictures, and had no state. */
async function movePictures(transaction: Upgrade): Promise<void> {
  const pictures = transaction.objectStore("pictures");
  let cursor = await transaction.objectStore("outbox").openCursor();
  for (; cursor !== null; cursor = await cursor.continue()) {
    const { image, ...row } = cursor.value as StoredRow & { readonly image?: ScreenImage };
    await cursor.update({ ...row, state: { kind: "waiting" }, ...(image && { image: sizeOf(image) }) });
    if (image !== undefined) await pictures.put(image.bytes, row.clientMessageId);
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof DOMException && error.name === "InvalidStateError";
}

/** True for the error of a page whose storage a newer version of Pipit has taken over; there is no way back. */
export function isSuperseded(reason: unknown): boolean {
  return (
    reason instanceof PipitError && reason.cause instanceof Error && reason.cause.name === "VersionError"
  );
}

function storageError(error: unknown): PipitError {
  if (error instanceof PipitError) return error;
  if (error instanceof Error && error.name === "VersionError") {
    return new PipitError(
      "STORAGE_UNREADABLE",
      "A newer Pipit has been opened in another tab. Copy your text and reload this page to go on here.",
      { cause: error },
    );
  }
  if (error instanceof Error && error.name === "QuotaExceededError") {
    return new PipitError(
      "STORAGE_FULL",
      "This browser has no room left for this page, and the message was not queued. Free some space on this device and send it again.",
      { cause: error },
    );
  }
  return unreadable(error);
}

function unreadable(cause: unknown): PipitError {
  return new PipitError(
    "STORAGE_UNREADABLE",
    "This browser stores nothing for this page at the moment. Close other tabs of Pipit and reload, or leave the private window.",
    { cause, detail: cause instanceof Error ? cause.message : String(cause) },
  );
}
