import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { Outbox, OutboxRow } from "#engine/ports.ts";
import { ensurePrivateFolder, errorCode, setAside, storageError } from "./private-files.ts";

const OUTBOX_FILE = "outbox.db";
const SCHEMA_VERSION = 1;
const BUSY_TIMEOUT_MS = 5_000;
/** Messages with pictures are up to 8 MiB each; this is more than a hundred of them. */
const DEFAULT_MAX_BYTES = 2 * 1024 * 1024 * 1024;

/** https://www.sqlite.org/fileformat.html §1.3.1 */
const FILE_HEADER = "SQLite format 3\0";

const schema = `
  CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    client_message_id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    chat_key TEXT NOT NULL,
    text TEXT NOT NULL,
    image BLOB,
    image_width INTEGER,
    image_height INTEGER,
    speak INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS outbox_by_account ON outbox (account_id, seq);
`;

export interface SqliteOutboxOptions {
  /** PIPIT_HOME; the queue is `<home>/outbox.db`. */
  readonly home: string;
  /** Most bytes on disk. Default 2 GiB; more is STORAGE_FULL. */
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
  await ensurePrivateFolder(options.home);
  let aside: string | undefined;
  let db: Database.Database;
  try {
    db = await openDatabase(path, options);
  } catch (error) {
    if (!isDamage(error)) throw outboxError(error, path);
    aside = await setDatabaseAside(path);
    options.logger.warn("outbox.damaged", { path: aside, reason: errorCode(error) ?? "unknown" });
    try {
      db = await openDatabase(path, options);
    } catch (second) {
      throw outboxError(second, path);
    }
  }
  return createOutbox(db, path, aside);
}

async function openDatabase(path: string, options: SqliteOutboxOptions): Promise<Database.Database> {
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
    db.exec(schema);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * SQLite gives its WAL the mode of the database, so making that first keeps all three files private. It also takes a
 * file too short for a header as an empty one and would write over it: such a file is damaged, not empty.
 */
async function prepareFile(path: string): Promise<void> {
  await using file = await open(path, "a+", 0o600);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(FILE_HEADER.length), 0, FILE_HEADER.length, 0);
  if (bytesRead > 0 && buffer.toString("latin1") !== FILE_HEADER) throw damage("SQLITE_NOTADB");
}

/** A row as SQLite gives and takes it. */
type FlatRow = Omit<OutboxRow, "image" | "speak"> & {
  readonly image: Buffer | null;
  readonly imageWidth: number | null;
  readonly imageHeight: number | null;
  readonly speak: number;
};

const columns = `client_message_id AS clientMessageId, account_id AS accountId, chat_key AS chatKey, text, image,
  image_width AS imageWidth, image_height AS imageHeight, speak, created_at_ms AS createdAtMs, attempts`;

function createOutbox(db: Database.Database, path: string, aside: string | undefined): SqliteOutbox {
  // The same message twice is one message: the first one stands.
  const insert = db.prepare<[FlatRow]>(
    `INSERT INTO outbox (client_message_id, account_id, chat_key, text, image, image_width, image_height, speak, created_at_ms, attempts)
     VALUES (@clientMessageId, @accountId, @chatKey, @text, @image, @imageWidth, @imageHeight, @speak, @createdAtMs, @attempts)
     ON CONFLICT (client_message_id) DO NOTHING`,
  );
  const select = db.prepare<[string], FlatRow>(
    `SELECT ${columns} FROM outbox WHERE account_id = ? ORDER BY seq`,
  );
  const attempt = db.prepare("UPDATE outbox SET attempts = attempts + 1 WHERE client_message_id = ?");
  const rechat = db.prepare("UPDATE outbox SET chat_key = ? WHERE chat_key = ?");
  const drop = db.prepare("DELETE FROM outbox WHERE client_message_id = ?");

  async function guarded<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw outboxError(error, path);
    }
  }
  return {
    setAside: aside,
    add: (row) => guarded(() => void insert.run(toFlat(row))),
    list: (accountId) => guarded(() => select.all(accountId).map(toRow)),
    recordAttempt: (clientMessageId) => guarded(() => void attempt.run(clientMessageId)),
    renameChat: (chatKey, chatId) => guarded(() => void rechat.run(chatId, chatKey)),
    remove: (clientMessageId) => guarded(() => void drop.run(clientMessageId)),
    async [Symbol.asyncDispose]() {
      db.close();
    },
  };
}

function toFlat({ image, ...row }: OutboxRow): FlatRow {
  return {
    ...row,
    image: image === undefined ? null : Buffer.from(image.bytes),
    imageWidth: image?.widthPx ?? null,
    imageHeight: image?.heightPx ?? null,
    speak: row.speak ? 1 : 0,
  };
}

function toRow({ image, imageWidth, imageHeight, ...row }: FlatRow): OutboxRow {
  const plain = { ...row, speak: row.speak === 1 };
  if (image === null) return plain;
  return {
    ...plain,
    image: { bytes: new Uint8Array(image), widthPx: imageWidth ?? 0, heightPx: imageHeight ?? 0 },
  };
}

/** The WAL may hold messages that the main file does not: the three files stay together. */
async function setDatabaseAside(path: string): Promise<string> {
  const aside = await setAside(path, "damaged");
  for (const suffix of ["-wal", "-shm"]) {
    await rename(path + suffix, aside + suffix).catch((error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw storageError(error, path);
    });
  }
  return aside;
}

function damage(code: "SQLITE_NOTADB" | "SQLITE_CORRUPT"): Error {
  return Object.assign(new Error("the file is damaged"), { code });
}

function isDamage(error: unknown): boolean {
  const code = errorCode(error) ?? "";
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT");
}

function outboxError(error: unknown, path: string): PipitError {
  if (error instanceof PipitError) return error;
  const code = errorCode(error) ?? "";
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_IOERR_WRITE") {
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
