import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { systemCodeOf } from "#contract/system-error.ts";

/** End of the names of the lock files, which lie among the pictures. */
const SENDER_SUFFIX = ".sender";
/** https://www.sqlite.org/lockingv3.html: no other connection, of this program or another, gets the lock beside it. */
const TAKE_LOCK = "BEGIN EXCLUSIVE";

/**
 * Which program sends for which chat. A program that sends holds the lock of a file of its own as long as it lives; the
 * operating system frees it at the end, however that comes, so that no clock and no process id has to be trusted.
 *
 * @param db has the table `senders (chat_key PRIMARY KEY, sender)`
 */
export function createSenders(db: Database.Database, folder: string) {
  const me = `${randomUUID()}${SENDER_SUFFIX}`;
  let lock: Database.Database | undefined;
  const select = db.prepare<[string], { readonly sender: string }>(
    "SELECT sender FROM senders WHERE chat_key = ?",
  );
  const upsert = db.prepare(
    "INSERT INTO senders (chat_key, sender) VALUES (?, ?) ON CONFLICT (chat_key) DO UPDATE SET sender = excluded.sender",
  );
  const free = db.prepare("DELETE FROM senders WHERE chat_key = ? AND sender = ?");
  const isFree = (chatKey: string): boolean => {
    const sender = select.get(chatKey)?.sender;
    return sender === undefined || !isHeld(join(folder, sender));
  };
  const take = db.transaction((chatKey: string): boolean => {
    if (!isFree(chatKey)) return false;
    upsert.run(chatKey, me);
    return true;
  });
  return {
    /** See `Outbox.claim`. */
    claim(chatKey: string): boolean {
      if (select.get(chatKey)?.sender === me) return true;
      if (!isFree(chatKey)) return false;
      lock ??= lockFile(join(folder, me));
      return take.immediate(chatKey);
    },
    release: (chatKey: string) => void free.run(chatKey, me),
    [Symbol.dispose](): void {
      if (lock === undefined) return;
      db.prepare("DELETE FROM senders WHERE sender = ?").run(me);
      rmSync(join(folder, me), { force: true });
      lock.close();
    },
  };
}

function lockFile(path: string): Database.Database {
  closeSync(openSync(path, "a", 0o600));
  const lock = new Database(path, { timeout: 0 });
  lock.exec(TAKE_LOCK);
  return lock;
}

/** True for a lock file of a program that lives. */
export function isHeld(path: string): boolean {
  if (!path.endsWith(SENDER_SUFFIX) || !existsSync(path)) return false;
  const probe = new Database(path, { timeout: 0 });
  try {
    probe.exec(TAKE_LOCK);
    return false;
  } catch (error) {
    if (systemCodeOf(error).startsWith("SQLITE_BUSY")) return true;
    throw error;
  } finally {
    probe.close();
  }
}
