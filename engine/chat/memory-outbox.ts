import type { Outbox, OutboxRow } from "#engine/ports.ts";

/**
 * An outbox that lives as long as the process: for hosts without storage, which must tell the person so, and for tests.
 * Adding an id twice keeps the first row, as every outbox does.
 */
export function createMemoryOutbox(rows: readonly OutboxRow[] = []): Outbox {
  const byId = new Map(rows.map((row) => [row.clientMessageId, row]));
  return {
    async add(row) {
      if (!byId.has(row.clientMessageId)) byId.set(row.clientMessageId, row);
    },
    async list(accountId) {
      return [...byId.values()].filter((row) => row.accountId === accountId);
    },
    async recordAttempt(clientMessageId) {
      const row = byId.get(clientMessageId);
      if (row !== undefined) byId.set(clientMessageId, { ...row, attempts: row.attempts + 1 });
    },
    async renameChat(chatKey, chatId) {
      for (const row of byId.values()) {
        if (row.chatKey === chatKey) byId.set(row.clientMessageId, { ...row, chatKey: chatId });
      }
    },
    async remove(clientMessageId) {
      byId.delete(clientMessageId);
    },
  };
}
