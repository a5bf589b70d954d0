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
  readonly chatKey?: string | undefined;
  readonly clientMessageId: string | undefined;
  readonly prompt: string;
  /** Of a chat that is made. */
  readonly temporary?: boolean | undefined;
  readonly projectId?: string | undefined;
  readonly nowMs: number;
}

/**
 * The chat a question names, the one in which its message was asked before, the one of its key, or a new one titled by
 * it. Throws CHAT_NOT_FOUND for an unknown chat and, in the same words, for another person's; also when the message or its
 * chat was deleted.
 */
export async function chatForQuestion(chats: Chats, wish: ChatWish): Promise<Chat> {
  if (wish.chatId !== undefined) {
    const found = await chats.find(wish.userId, wish.chatId);
    if (found !== undefined) return found;
    throw new PipitError("CHAT_NOT_FOUND", "This chat does not exist (any more). Start a new one.", {
      field: "chat_id",
    });
  }
  const { userId, clientMessageId, chatKey = clientMessageId } = wish;
  if (chatKey === undefined) return create(chats, wish, randomUUID());
  // The id follows from what the client made, so that a message sent again finds the chat of its first try instead of
  // leaving an empty one behind each time, and the next message of the chat finds it before its client has heard the id.
  const id = idFromKey(userId, chatKey);
  const found =
    (await chats.find(userId, id)) ??
    (clientMessageId === undefined ? undefined : await chats.ofMessage(userId, clientMessageId));
  if (found !== undefined) return found;
  try {
    return await create(chats, wish, id);
  } catch (error) {
    // Another process may have made it in between.
    const made = await chats.find(userId, id);
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
    temporary: wish.temporary ?? false,
    projectId: wish.projectId,
  };
  const projectId = await chats.createForQuestion(chat);
  return {
    temporary: false,
    ...chat,
    pinned: false,
    archived: false,
    unread: false,
    projectId,
    headTurnId: undefined,
  };
}

/** From a SHA-256 of user and key. */
function idFromKey(userId: string, chatKey: string): string {
  const bytes = createHash("sha256").update(`pipit chat\0${userId}\0${chatKey}`).digest();
  return uuidV8(bytes);
}
