import type { Outbox } from "#engine/ports.ts";

const LOCK_PREFIX = "pipit-message:";

/**
 * An outbox that several tabs use at once: each message has one tab that sends it and shows its answer. A tab holds a Web
 * Lock for every message that it has taken up; a message whose tab is gone (the browser frees its locks, also after a
 * crash) goes to the next tab that lists the outbox.
 *
 * Without Web Locks (a page that is not a secure context) two tabs may send the same message; the server then answers it
 * once, to both.
 */
export function createTabOutbox(outbox: Outbox, locks: LockManager | undefined): Outbox {
  if (locks === undefined) return outbox;
  const claims = createClaims(locks);
  return {
    async add(row) {
      await claims.take(row.clientMessageId);
      try {
        await outbox.add(row);
      } catch (error) {
        claims.release(row.clientMessageId);
        throw error;
      }
    },
    async list(accountId) {
      const listed = await outbox.list(accountId);
      const taken = new Set<string>();
      for (const { clientMessageId } of listed)
        if (await claims.take(clientMessageId)) taken.add(clientMessageId);
      // Its tab may have settled a message between our look and our claim: only what is still there is ours to send.
      const rows = (await outbox.list(accountId)).filter((row) => taken.has(row.clientMessageId));
      const present = new Set(rows.map((row) => row.clientMessageId));
      for (const id of taken) if (!present.has(id)) claims.release(id);
      return rows;
    },
    recordAttempt: (clientMessageId) => outbox.recordAttempt(clientMessageId),
    renameChat: (chatKey, chatId) => outbox.renameChat(chatKey, chatId),
    async remove(clientMessageId) {
      await outbox.remove(clientMessageId);
      claims.release(clientMessageId);
    },
  };
}

function createClaims(locks: LockManager) {
  const held = new Map<string, { readonly taken: Promise<boolean>; readonly release: () => void }>();

  function request(id: string): Promise<boolean> {
    const taken = Promise.withResolvers<boolean>();
    const released = Promise.withResolvers<void>();
    held.set(id, { taken: taken.promise, release: released.resolve });
    locks
      .request(LOCK_PREFIX + id, { ifAvailable: true }, async (lock) => {
        taken.resolve(lock !== null);
        if (lock !== null) await released.promise;
      })
      // A browser that refuses locks altogether: as without them.
      .catch(() => taken.resolve(true));
    return taken.promise;
  }

  return {
    /** True if this tab is now, or was before, the one for this message. */
    async take(id: string): Promise<boolean> {
      const taken = await (held.get(id)?.taken ?? request(id));
      if (!taken) held.delete(id);
      return taken;
    },
    release(id: string): void {
      held.get(id)?.release();
      held.delete(id);
    },
  };
}
