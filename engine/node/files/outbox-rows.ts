import type Database from "better-sqlite3";
import type { AttachedFile } from "#contract/attached-file.ts";
import { parseJson } from "#contract/parse-json.ts";
import { CHAT_NAMES_MAX, readRowState } from "#engine/chat/row-state.ts";
import type { OutboxRow, RowState } from "#engine/ports.ts";

/** A row as SQLite gives and takes it. */
type FlatRow = Omit<OutboxRow, "image" | "files" | "parentTurnId" | "speak" | "state"> & {
  readonly files: string | null;
  readonly parentTurnId: string | null;
  readonly imageWidth: number | null;
  readonly imageHeight: number | null;
  readonly imageBytes: number | null;
  readonly speak: number;
  readonly state: string;
};

const columns = `client_message_id AS clientMessageId, account_id AS accountId, chat_key AS chatKey,
  parent_turn_id AS parentTurnId, text, image_width AS imageWidth, image_height AS imageHeight,
  image_bytes AS imageBytes, files, speak, created_at_ms AS createdAtMs, attempts, state`;

/** The statements of the outbox, on the tables of `sqlite-outbox.ts`. Each throws what SQLite throws. */
export function prepareRows(db: Database.Database) {
  // The same message twice is one message: the first one stands. Another program may have heard the name of its chat.
  const insert = db.prepare<[FlatRow]>(
    `INSERT INTO outbox (client_message_id, account_id, chat_key, parent_turn_id, text, image_width, image_height,
       image_bytes, files, speak, created_at_ms, attempts, state)
     VALUES (@clientMessageId, @accountId,
       coalesce((SELECT chat_id FROM names WHERE chat_key = @chatKey), @chatKey), @parentTurnId, @text, @imageWidth, @imageHeight, @imageBytes,
       @files, @speak, @createdAtMs, @attempts, @state)
     ON CONFLICT (client_message_id) DO NOTHING`,
  );
  const select = db.prepare<[string], FlatRow>(
    `SELECT ${columns} FROM outbox WHERE account_id = ? ORDER BY seq`,
  );
  const known = db.prepare("SELECT 1 FROM outbox WHERE client_message_id = ?");
  const bytes = db.prepare<[], { sum: number }>("SELECT coalesce(sum(image_bytes), 0) AS sum FROM outbox");
  const attempt = db.prepare("UPDATE outbox SET attempts = attempts + 1 WHERE client_message_id = ?");
  const state = db.prepare("UPDATE outbox SET state = ? WHERE client_message_id = ?");
  const drop = db.prepare<[string], { hadPicture: number }>(
    "DELETE FROM outbox WHERE client_message_id = ? RETURNING image_bytes IS NOT NULL AS hadPicture",
  );
  const name = db.prepare<[string], { chatId: string }>(
    "SELECT chat_id AS chatId FROM names WHERE chat_key = ?",
  );
  const rechat = [
    db.prepare("INSERT OR REPLACE INTO names (chat_key, chat_id) VALUES (@chatKey, @chatId)"),
    db.prepare("UPDATE outbox SET chat_key = @chatId WHERE chat_key = @chatKey"),
    db.prepare("UPDATE OR IGNORE senders SET chat_key = @chatId WHERE chat_key = @chatKey"),
    // Another program was quicker to send in the named chat.
    db.prepare("DELETE FROM senders WHERE chat_key = @chatKey AND @chatId IS NOT NULL"),
  ];
  // They are numbered as they come; none but the oldest is ever removed.
  const prune = db.prepare(
    `DELETE FROM names WHERE rowid <= (SELECT max(rowid) FROM names) - ${CHAT_NAMES_MAX}`,
  );
  const replace = db.transaction((oldId: string, row: OutboxRow) => {
    for (const id of [oldId, row.clientMessageId]) drop.all(id);
    insert.run(toFlat(row));
  });
  const rename = db.transaction((chatKey: string, chatId: string) => {
    for (const statement of rechat) statement.run({ chatKey, chatId });
    prune.run();
  });
  return {
    has: (id: string) => known.get(id) !== undefined,
    add: (row: OutboxRow) => void insert.run(toFlat(row)),
    replace: (oldId: string, row: OutboxRow) => void replace(oldId, row),
    list: (accountId: string) => select.all(accountId).map(toRow),
    pictureBytes: () => bytes.get()?.sum ?? 0,
    recordAttempt: (id: string) => void attempt.run(id),
    setState: (id: string, next: RowState) => void state.run(JSON.stringify(next), id),
    renameChat: (chatKey: string, chatId: string) => void rename(chatKey, chatId),
    nameOf: (chatKey: string) => name.get(chatKey)?.chatId,
    /** True if it had a picture. */
    // `get` would reset the statement before its end, and a commit that fails then would go unseen.
    remove: (id: string) => drop.all(id).some(({ hadPicture }) => hadPicture === 1),
  };
}

function toFlat({ image, files, ...row }: OutboxRow): FlatRow {
  return {
    ...row,
    parentTurnId: row.parentTurnId ?? null,
    imageWidth: image?.widthPx ?? null,
    imageHeight: image?.heightPx ?? null,
    imageBytes: image?.sizeBytes ?? null,
    files: files === undefined ? null : JSON.stringify(files),
    speak: row.speak ? 1 : 0,
    state: JSON.stringify(row.state),
  };
}

function toRow({ parentTurnId, files, imageWidth, imageHeight, imageBytes, ...row }: FlatRow): OutboxRow {
  return {
    ...row,
    speak: row.speak === 1,
    state: readRowState(parseJson(row.state), row),
    ...(parentTurnId === null ? {} : { parentTurnId }),
    ...(files === null ? {} : { files: JSON.parse(files) as readonly AttachedFile[] }),
    ...(imageBytes === null
      ? {}
      : { image: { widthPx: imageWidth ?? 0, heightPx: imageHeight ?? 0, sizeBytes: imageBytes } }),
  };
}
