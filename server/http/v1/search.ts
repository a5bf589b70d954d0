import { z } from "zod";
import { reader } from "#server/domain/access/access.ts";
import { SEARCH_CONTEXT_TURNS, searchChats } from "#server/domain/chats/search-chats.ts";
import { readParameters, wholeNumber } from "../kit/parameters.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { findChat } from "./chats.ts";

const DEFAULT_HITS = 5;
const MAX_HITS = 50;
const QUERY_MAX_CHARS = 1_000;

const searchQuery = z
  .object({
    q: z
      .string(`must be 1 to ${QUERY_MAX_CHARS} characters`)
      .trim()
      .min(1, "must not be empty")
      .max(QUERY_MAX_CHARS),
    scope: z.enum(["all", "current"], "must be 'all' or 'current'").default("all"),
    chat_id: z.string().min(1).max(128).optional(),
    limit: wholeNumber(1, MAX_HITS).default(DEFAULT_HITS),
  })
  .refine(({ scope, chat_id: chatId }) => scope === "all" || chatId !== undefined, {
    path: ["chat_id"],
    message: "is required for scope=current",
  });

/** `GET /v1/chats/search?q=&scope=all|current&chat_id=&limit=`: full-text search in the caller's own chats. */
export function searchRoute({ store }: HttpContext): CallerRoute {
  return route("GET", "/v1/chats/search", reader, async (request, caller) => {
    const { q, scope, chat_id: chatId, limit } = readParameters(searchQuery, request.query);
    const inChat = scope === "current" && chatId !== undefined ? { chatId } : {};
    if (inChat.chatId !== undefined) await findChat(store.chats, caller.userId, inChat.chatId);
    const results = await searchChats(store.turns, { userId: caller.userId, query: q, limit, ...inChat });
    return { query: q, scope, limit, context_turns: SEARCH_CONTEXT_TURNS, results };
  });
}
