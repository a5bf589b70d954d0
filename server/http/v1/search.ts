import { z } from "zod";
import { reader } from "#server/domain/access/access.ts";
import { SEARCH_BOUNDS, searchChats } from "#server/domain/chats/search-chats.ts";
import { idField, readQuery, wholeNumber } from "../kit/parameters.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { findChat } from "./chats.ts";

const { limit, perSession, contextTurns, queryChars } = SEARCH_BOUNDS;

const searchQuery = z
  .object({
    q: z
      .string(`must be 1 to ${queryChars} characters`)
      .trim()
      .min(1, "must not be empty")
      .max(queryChars, `must be 1 to ${queryChars} characters`)
      .refine((text) => !text.includes("\0"), "must not hold a NUL character"),
    scope: z.enum(["all", "current"], "must be 'all' or 'current'").default("all"),
    chat_id: idField().optional(),
    limit: wholeNumber(1, limit.most).default(limit.usual),
    per_session: wholeNumber(1, perSession.most).optional(),
    context_turns: wholeNumber(0, contextTurns.most).default(contextTurns.usual),
  })
  .refine(({ scope, chat_id: chatId }) => scope === "all" || chatId !== undefined, {
    path: ["chat_id"],
    message: "is required for scope=current",
  });

/** `GET /v1/chats/search?q=&scope=all|current&chat_id=&limit=&per_session=&context_turns=`: search in the caller's own chats. */
export function searchRoute({ store }: HttpContext): CallerRoute {
  return route("GET", "/v1/chats/search", reader, async (request, caller) => {
    const asked = readQuery(searchQuery, request);
    const { q: query, scope, chat_id: chatId } = asked;
    const inChat = scope === "current" && chatId !== undefined ? { chatId } : {};
    if (inChat.chatId !== undefined) await findChat(store.chats, caller.userId, inChat.chatId);
    const results = await searchChats(store.turns, {
      userId: caller.userId,
      query,
      field: "q",
      limit: asked.limit,
      perSession: asked.per_session,
      contextTurns: asked.context_turns,
      ...inChat,
    });
    return { query, scope, limit: asked.limit, context_turns: asked.context_turns, results };
  });
}
