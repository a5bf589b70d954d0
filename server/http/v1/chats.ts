import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { reader } from "#server/domain/access/access.ts";
import type { Chat, ChatStore } from "#server/domain/chats/ports.ts";
import { readParameters, wholeNumber } from "../kit/parameters.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const DEFAULT_CHATS = 100;
const MAX_CHATS = 500;
const listQuery = z.object({ limit: wholeNumber(1, MAX_CHATS).default(DEFAULT_CHATS) });
export const chatParameters = z.object({ id: z.string().min(1).max(128) });

/** `GET /v1/chats`: the caller's chats, most recently changed first. `GET /v1/chats/{id}`: one of them. */
export function chatsRoutes({ store: { chats } }: HttpContext): readonly CallerRoute[] {
  return [
    route("GET", "/v1/chats", reader, async (request, caller) => {
      const { limit } = readParameters(listQuery, request.query);
      const found = await chats.list(caller.userId, limit);
      return { data: found.map(toWire) };
    }),
    route("GET", "/v1/chats/:id", reader, async (request, caller) => {
      const { id } = readParameters(chatParameters, request.params);
      return toWire(await findChat(chats, caller.userId, id));
    }),
  ];
}

/** The caller's chat. Throws CHAT_NOT_FOUND, also for another's: another user must not learn that it exists. */
export async function findChat(chats: ChatStore, userId: string, chatId: string): Promise<Chat> {
  const chat = await chats.find(userId, chatId);
  if (chat === undefined) throw new PipitError("CHAT_NOT_FOUND", "Chat not found", { field: "id" });
  return chat;
}

function toWire(chat: Chat): Record<string, unknown> {
  return {
    id: chat.id,
    title: chat.title,
    // The answer's model is chosen per question; a chat has none of its own.
    model: "pipit",
    state: "ACTIVE",
    created_at: new Date(chat.createdAtMs).toISOString(),
    updated_at: new Date(chat.updatedAtMs).toISOString(),
  };
}
