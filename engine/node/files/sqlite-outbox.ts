import { join } from "node:path";
import Database from "better-sqlite3";
import { systemCodeOf } from "#contract/system-error.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { Outbox, OutboxRow } from "#engine/ports.ts";
import { openOutboxPictures } from "./outbox-pictures.ts";
import { prepareRows } from "./outbox-rows.ts";
import { createSenders } from "./outbox-senders.ts";
import { ensurePrivateFolder, isFull, storageError } from "./private-files.ts";
import { damage, isDamage, prepareFile, setDatabaseAside } from "./sqlite-file.ts";

const OUTBOX_FILE = "outbox.db";
const PICTURES_FOLDER = "outbox";
const SCHEMA_VERSION = 3;
const BUSY_TIMEOUT_MS = 5_000;
/** Messages with pictures are up to 8 MiB each; this is more than a hundred of them. */
const DEFAULT_MAX_BYTES = 2 * 1024 * 1024 * 1024;

/**
 * Bytes of a picture are in a file of its own; `files` is an AttachedFile[] and `state` a RowState, as JSON; `names` are the ids of chats that were new,
 * for the rows that a program writes before it has learned them.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    client_message_id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    chat_key TEXT NOT NULL,
    parent_turn_id TEXT,
    text TEXT NOT NULL,
    image_width INTEGER,
    image_height INTEGER,
    image_bytes INTEGER,
    files TEXT,
    speak INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT '{"kind":"waiting"}'
  ) STRICT;
  CREATE INDEX IF NOT EXISTS outbox_by_account ON outbox (account_id, seq);
  CREATE TABLE IF NOT EXISTS senders (chat_key TEXT PRIMARY KEY, sender TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS names (chat_key TEXT PRIMARY KEY, chat_id TEXT NOT NULL) STRICT;
`;

/** From version 1, which kept pictures in the table; they are in files by now. */
const fromVersion1 = `
  ALTER TABLE outbox ADD COLUMN parent_turn_id TEXT;
  ALTER TABLE outbox ADD COLUMN image_bytes INTEGER;
  UPDATE outbox SET image_bytes = length(image) WHERE image IS NOT NULL;
  ALTER TABLE outbox DROP COLUMN image;
  ALTER TABLE outbox ADD COLUMN state TEXT NOT NULL DEFAULT '{"kind":"waiting"}';
`;

const fromVersion2 = "ALTER TABLE outbox ADD COLUMN files TEXT;";

export interface SqliteOutboxOptions {
  /** PIPIT_HOME; the queue is `<home>/outbox.db`, its pictures are in `<home>/outbox`. */
  readonly home: string;
  /** Most bytes on disk, of texts and of pictures each. Default 2 GiB; more is STORAGE_FULL. */
  readonly maxBytes?: number;
  readonly logger: Logger;
}

export interface SqliteOutbox extends Outbox, AsyncDisposable {
  /** Where a damaged queue was put; tell the person. Undefined when all was well. */
  readonly setAside: string | undefined;
}

/**
 * The queue of unanswered messages in one SQLite file of mode 0600. A message that `add` has taken survives `kill -9`
 * and a power cut (WAL, synchronous=FULL). Several programs may use one home. A damaged file is put aside, whole, and a
 * new one started.
 *
 * @throws PipitError STORAGE_FULL, STORAGE_UNREADABLE.
 */
export async function openOutbox(options: SqliteOutboxOptions): Promise<SqliteOutbox> {
  const path = join(options.home, OUTBOX_FILE);
  const folder = join(options.home, PICTURES_FOLDER);
  await ensurePrivateFolder(options.home);
  const pictures = await openOutboxPictures(folder);
  let aside: string | undefined;
  let db: Database.Database;
  try {
    db = await openDatabase(path, pictures, options);
  } catch (error) {
    if (!isDamage(error)) throw openingError(error, path);
    aside = await setDatabaseAside(path);
    options.logger.warn("outbox.damaged", { path: aside, reason: systemCodeOf(error) || "unknown" });
    try {
      db = await openDatabase(path, pictures, options);
    } catch (second) {
      throw openingError(second, path);
    }
  }
  // The pictures of a queue that was put aside stay with it.
  if (aside === undefined) await pictures.sweep(pictureIds(db));
  return createOutbox(db, { path, folder, pictures, aside, maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES });
}

type Pictures = Awaited<ReturnType<typeof openOutboxPictures>>;

async function openDatabase(
  path: string,
  pictures: Pictures,
  options: SqliteOutboxOptions,
): Promise<Database.Database> {
  await prepareFile(path);
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    const pageBytes = Number(db.pragma("page_size", { simple: true }));
    db.pragma(`max_page_count = ${Math.ceil((options.maxBytes ?? DEFAULT_MAX_BYTES) / pageBytes)}`);
    const version = Number(db.pragma("user_version", { simple: true }));
    if (version > SCHEMA_VERSION) {
      throw new PipitError(
        "STORAGE_UNREADABLE",
        `${path} was written by a newer Pipit. Update Pipit to send what waits in it.`,
      );
    }
    if (db.pragma("quick_check", { simple: true }) !== "ok") throw damage("SQLITE_CORRUPT");
    const exported = new Set<string>();
    const update = db.transaction(() => {
      // Looked at again: another program may have been quicker.
      const now = Number(db.pragma("user_version", { simple: true }));
      if (now === 1) {
        // One of that version may have added pictures meanwhile.
        if (picturesIn(db).some((id) => !exported.has(id))) return false;
        db.exec(fromVersion1);
      }
      if (now === 1 || now === 2) db.exec(fromVersion2);
      db.exec(schema);
      db.pragma(`user_version = ${SCHEMA_VERSION}`);
      return true;
    });
    if (version === 1) await exportPictures(db, pictures, exported);
    while (!update.immediate()) await exportPictures(db, pictures, exported);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Written before they leave the table, so that a crash in between loses none. */
async function exportPictures(
  db: Database.Database,
  pictures: Pictures,
  exported: Set<string>,
): Promise<void> {
  const select = db.prepare<[string], { image: Buffer }>(
    "SELECT image FROM outbox WHERE client_message_id = ?",
  );
  for (const id of picturesIn(db)) {
    if (exported.has(id)) continue;
    const image = select.get(id)?.image;
    if (image !== undefined) await pictures.write(id, image);
    exported.add(id);
  }
}

/** Messages of version 1 with a picture. */
function picturesIn(db: Database.Database): readonly string[] {
  const select = db.prepare<[], { id: string }>(
    "SELECT client_message_id AS id FROM outbox WHERE image IS NOT NULL",
  );
  return select.all().map(({ id }) => id);
}

function pictureIds(db: Database.Database): ReadonlySet<string> {
  const select = db.prepare<[], { id: string }>(
    "SELECT client_message_id AS id FROM outbox WHERE image_bytes IS NOT NULL",
  );
  return new Set(select.all().map(({ id }) => id));
}

interface OutboxParts {
  readonly path: string;
  readonly folder: string;
  readonly pictures: Pictures;
  readonly aside: string | undefined;
  readonly maxBytes: number;
}

function createOutbox(
  db: Database.Database,
  { path, folder, pictures, aside, maxBytes }: OutboxParts,
): SqliteOutbox {
  const rows = prepareRows(db);
  const senders = createSenders(db, folder);

  async function guarded<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw outboxError(error, path);
    }
  }
  /** The picture first: a row whose picture is not there yet could be sent without. */
  async function put(row: OutboxRow, picture: Uint8Array | undefined, write: () => void): Promise<void> {
    if (picture !== undefined) {
      if (rows.pictureBytes() + picture.byteLength > maxBytes)
        throw Object.assign(new Error("too many pictures"), { code: "SQLITE_FULL" });
      await pictures.write(row.clientMessageId, picture);
    }
    write();
  }
  return {
    setAside: aside,
    add: (row, picture) =>
      guarded(async () => {
        if (!rows.has(row.clientMessageId)) await put(row, picture, () => rows.add(row));
      }),
    replace: (oldId, row, picture) =>
      guarded(async () => {
        await put(row, picture, () => rows.replace(oldId, row));
        if (oldId !== row.clientMessageId) await pictures.remove(oldId);
      }),
    list: (accountId) => guarded(() => rows.list(accountId)),
    picture: (clientMessageId) => pictures.read(clientMessageId),
    recordAttempt: (clientMessageId) => guarded(() => rows.recordAttempt(clientMessageId)),
    setState: (clientMessageId, state) => guarded(() => rows.setState(clientMessageId, state)),
    renameChat: (chatKey, chatId) => guarded(() => rows.renameChat(chatKey, chatId)),
    nameOf: (chatKey) => guarded(() => rows.nameOf(chatKey)),
    remove: (clientMessageId) =>
      guarded(async () => {
        if (rows.remove(clientMessageId)) await pictures.remove(clientMessageId);
      }),
    claim: (chatKey) => guarded(() => senders.claim(chatKey)),
    release: (chatKey) => guarded(() => senders.release(chatKey)),
    async [Symbol.asyncDispose]() {
      senders[Symbol.dispose]();
      db.close();
    },
  };
}

/** No message is lost where none was given yet. */
function openingError(error: unknown, path: string): PipitError {
  return isFull(systemCodeOf(error)) ? storageError(error, path) : outboxError(error, path);
}

function outboxError(error: unknown, path: string): PipitError {
  if (error instanceof PipitError) return error;
  if (isFull(systemCodeOf(error))) {
    return new PipitError(
      "STORAGE_FULL",
      `There is no room for this message in ${path}. It was not queued: free some space and send it again.`,
      { cause: error },
    );
  }
  if (isDamage(error)) {
    return new PipitError(
      "STORAGE_CORRUPT",
      `The queue ${path} is damaged. Restart Pipit: it puts the file aside and starts a new one.`,
      { cause: error },
    );
  }
  return storageError(error, path);
}
