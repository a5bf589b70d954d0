import { createHash, randomUUID } from "node:crypto";
import { uuidV8 } from "#server/domain/uuid-v8.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Chat, ChatStore, NewChat } from "./ports.ts";
import { titleFrom } from "./title.ts";

type Chats = Pick<ChatStore, "find" | "ofMessage" | "createForQuestion">;

/** What decides in which chat a question belongs. */
export interface ChatWish {
  readonly userId: string;
  readonly chatId: string | undefined;
  readonly clientMessageId: string | undefined;
  readonly prompt: string;
  readonly nowMs: number;
}

/**
 * The chat a question names, the one in which its message was asked before, or a new one titled by it. Throws
 * CHAT_NOT_FOUND for an unknown chat and, in the same words, for another person's; also when the message or its chat was
 * deleted.
 */
export async function chatForQuestion(chats: Chats, wish: ChatWish): Promise<Chat> {
  if (wish.chatId !== undefined) {
    const found = await chats.find(wish.userId, wish.chatId);
    if (found !== undefined) return found;
    throw new PipitError("CHAT_NOT_FOUND", "This chat does not exist (any more). Start a new one.", {
      field: "chat_id",
    });
  }
  if (wish.clientMessageId === undefined) return create(chats, wish, randomUUID());
  // The id follows from the message, so that a message sent again finds the chat of its first try instead of leaving
  // an empty one behind each time.
  const id = idFromMessage(wish.userId, wish.clientMessageId);
  const found =
    (await chats.find(wish.userId, id)) ?? (await chats.ofMessage(wish.userId, wish.clientMessageId));
  if (found !== undefined) return found;
  try {
    return await create(chats, wish, id);
  } catch (error) {
    // Another process may have made it in between.
    const made = await chats.find(wish.userId, id);
    if (made !== undefined) return made;
    throw error;
  }
}

async function create(chats: Chats, wish: ChatWish, id: string): Promise<Chat> {
  const chat: NewChat = {
    id,
    userId: wish.userId,
    title: titleFrom(wish.prompt),
    createdAtMs: wish.nowMs,
    updatedAtMs: wish.nowMs,
  };
  await chats.createForQuestion(chat);
  return { ...chat, pinned: false, archived: false, headTurnId: undefined };
}

/** From a SHA-256 of user and message. */
function idFromMessage(userId: string, clientMessageId: string): string {
  const bytes = createHash("sha256").update(`pipit chat\0${userId}\0${clientMessageId}`).digest();
  return uuidV8(bytes);
}
