import { describe, expect, test } from "vitest";
import { chatForQuestion, type ChatWish } from "./chat-for-question.ts";
import type { Chat, ChatStore, NewChat } from "./ports.ts";

const wish: ChatWish = {
  userId: "ann",
  chatId: undefined,
  clientMessageId: "0190f5d0-0000-7000-8000-000000000001",
  prompt: "Why is the sky blue?",
  nowMs: 1_000,
};

/** Chats in memory; `beforeCreate` plays another process that is quicker. */
function memoryChats(
  beforeCreate?: (rows: Map<string, Chat>, chat: Chat) => void,
): Pick<ChatStore, "find" | "ofMessage" | "createForQuestion"> & { rows: Map<string, Chat> } {
  const rows = new Map<string, Chat>();
  return {
    rows,
    async createForQuestion(made: NewChat) {
      const chat: Chat = {
        temporary: false,
        pinned: false,
        archived: false,
        unread: false,
        projectId: undefined,
        headTurnId: undefined,
        ...made,
      };
      beforeCreate?.(rows, chat);
      if (rows.has(chat.id)) throw new Error("taken");
      rows.set(chat.id, chat);
      return chat.projectId;
    },
    async find(userId, chatId) {
      const chat = rows.get(chatId);
      return chat?.userId === userId ? chat : undefined;
    },
    ofMessage: async () => undefined,
  };
}

describe("chatForQuestion", () => {
  test("makes a chat titled by the question", async () => {
    const chats = memoryChats();
    const chat = await chatForQuestion(chats, wish);
    expect(chat).toMatchObject({ userId: "ann", title: "Why is the sky blue?", createdAtMs: 1_000 });
    expect(chat.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("finds the same chat when the same message comes again without a chat id", async () => {
    const chats = memoryChats();
    const first = await chatForQuestion(chats, wish);
    expect((await chatForQuestion(chats, wish)).id).toBe(first.id);
    expect(chats.rows.size).toBe(1);
  });

  test("messages with one key share a chat, whichever comes first; a named chat goes before a key", async () => {
    const chats = memoryChats();
    const chatKey = "0190f5d0-0000-7000-8000-00000000c4a7";
    const second = { ...wish, chatKey, clientMessageId: "0190f5d0-0000-7000-8000-000000000002" };
    const { id } = await chatForQuestion(chats, second);
    expect((await chatForQuestion(chats, { ...wish, chatKey })).id).toBe(id);
    const other = await chatForQuestion(chats, wish);
    expect(other.id).not.toBe(id);
    expect((await chatForQuestion(chats, { ...second, chatId: other.id })).id).toBe(other.id);
  });

  test("gives another person another chat for the same message id", async () => {
    const chats = memoryChats();
    const first = await chatForQuestion(chats, wish);
    expect((await chatForQuestion(chats, { ...wish, userId: "bob" })).id).not.toBe(first.id);
  });

  test("without a message id each question makes its own chat", async () => {
    const chats = memoryChats();
    await chatForQuestion(chats, { ...wish, clientMessageId: undefined });
    await chatForQuestion(chats, { ...wish, clientMessageId: undefined });
    expect(chats.rows.size).toBe(2);
  });

  test("uses the chat that another process made in the same moment", async () => {
    const chats = memoryChats((rows, chat) => rows.set(chat.id, { ...chat, title: "theirs" }));
    expect((await chatForQuestion(chats, wish)).title).toBe("theirs");
  });

  test("passes on why a chat could not be made", async () => {
    const chats = memoryChats(() => {
      throw new Error("disk full");
    });
    await expect(chatForQuestion(chats, wish)).rejects.toThrow("disk full");
  });

  test("another person's chat and an unknown one are the same CHAT_NOT_FOUND", async () => {
    const chats = memoryChats();
    const { id } = await chatForQuestion(chats, wish);
    const others = chatForQuestion(chats, { ...wish, userId: "bob", chatId: id });
    const unknown = chatForQuestion(chats, { ...wish, userId: "bob", chatId: "nowhere" });
    const [a, b] = await Promise.all([
      others.catch((error: unknown) => error),
      unknown.catch((error: unknown) => error),
    ]);
    expect(a).toMatchObject({ code: "CHAT_NOT_FOUND", field: "chat_id" });
    expect(a).toEqual(b);
  });
});
