import { CHAT_NAMES_MAX } from "./row-state.ts";
import type { Outbox, OutboxRow } from "#engine/ports.ts";

/**
 * An outbox that lives as long as the process: for hosts without storage, which must tell the person so, and for tests.
 * Adding an id twice keeps the first row, as every outbox does.
 */
export function createMemoryOutbox(rows: readonly OutboxRow[] = []): Outbox {
  const byId = new Map(rows.map((row) => [row.clientMessageId, row]));
  const names = new Map<string, string>();
  const pictures = new Map<string, Uint8Array>();
  const change = (id: string, by: (row: OutboxRow) => Partial<OutboxRow>): void => {
    const row = byId.get(id);
    if (row !== undefined) byId.set(id, { ...row, ...by(row) });
  };
  const outbox: Outbox = {
    async add(row, picture) {
      if (byId.has(row.clientMessageId)) return;
      byId.set(row.clientMessageId, { ...row, chatKey: names.get(row.chatKey) ?? row.chatKey });
      if (picture !== undefined) pictures.set(row.clientMessageId, picture);
    },
    async replace(oldId, row, picture) {
      for (const id of [oldId, row.clientMessageId]) await outbox.remove(id);
      await outbox.add(row, picture);
    },
    list: async (accountId) => [...byId.values()].filter((row) => row.accountId === accountId),
    picture: async (clientMessageId) => pictures.get(clientMessageId),
    recordAttempt: async (id) => change(id, (row) => ({ attempts: row.attempts + 1 })),
    setState: async (id, state) => change(id, () => ({ state })),
    async renameChat(chatKey, chatId) {
      names.delete(chatKey);
      names.set(chatKey, chatId);
      for (const oldest of [...names.keys()].slice(0, -CHAT_NAMES_MAX)) names.delete(oldest);
      for (const row of byId.values())
        if (row.chatKey === chatKey) change(row.clientMessageId, () => ({ chatKey: chatId }));
    },
    nameOf: async (chatKey) => names.get(chatKey),
    async remove(clientMessageId) {
      byId.delete(clientMessageId);
      pictures.delete(clientMessageId);
    },
    // No other program can see it.
    claim: async () => true,
    release: async () => undefined,
  };
  return outbox;
}
