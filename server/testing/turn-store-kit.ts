import type { BeginTurn, FinishTurn } from "#server/domain/chats/ports.ts";
import type { DatabaseStore, TestDatabase } from "./databases.ts";

/** The chat of {@link beginning}. */
export const chat = { id: "chat-1", userId: "user-1", title: "First", createdAtMs: 1, updatedAtMs: 1 };

export function beginning(over: Partial<BeginTurn> = {}): BeginTurn {
  return {
    turnId: "turn-1",
    chatId: "chat-1",
    userId: "user-1",
    clientMessageId: "message-1",
    userText: "What is the time?",
    hadImage: false,
    ownerId: "process-a",
    nowMs: 1000,
    leaseMs: 100,
    ...over,
  };
}

export function ending(over: Partial<FinishTurn> = {}): FinishTurn {
  return {
    turnId: "turn-1",
    ownerId: "process-a",
    status: "done",
    assistantText: "Noon.",
    reasoning: "",
    model: "small",
    inputTokens: 3,
    outputTokens: 4,
    nowMs: 1050,
    ...over,
  };
}

/** @example await using temporary = await openStoreWithChat(database); */
export async function openStoreWithChat(database: TestDatabase): Promise<DatabaseStore> {
  const temporary = await database.open();
  await temporary.store.chats.create(chat);
  return temporary;
}
