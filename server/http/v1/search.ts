import { z } from "zod";
import type { Authenticate } from "#server/authenticate.ts";
import type { ChatStore, SearchHit, Turn, TurnStore } from "#server/domain/chats/ports.ts";
import { readParameters, wholeNumber } from "../query.ts";
import { requireCaller } from "../require-caller.ts";
import type { Route } from "../route.ts";
import { findChat } from "./chats.ts";

const DEFAULT_HITS = 5;
const MAX_HITS = 50;
const HITS_PER_CHAT = 2;
const CONTEXT_TURNS = 1;
const CONTEXT_MAX_CHARS = 800;
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

export interface SearchRouteDeps {
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly authenticate: Authenticate;
}

/** `GET /v1/chats/search?q=&scope=all|current&chat_id=&limit=`: full-text search in the caller's own chats. */
export function searchRoute(deps: SearchRouteDeps): Route {
  return {
    method: "GET",
    path: "/v1/chats/search",
    async handler(request) {
      const caller = await requireCaller(deps.authenticate, request);
      const { q, scope, chat_id: chatId, limit } = readParameters(searchQuery, request.query);
      const inChat = scope === "current" && chatId !== undefined ? { chatId } : {};
      if (inChat.chatId !== undefined) await findChat(deps.chats, caller.userId, inChat.chatId);
      const hits = await deps.turns.search(caller.userId, q, {
        ...inChat,
        // More than asked for, since one talkative chat may fill the first places.
        limit: scope === "all" ? limit * 4 : limit,
      });
      const chosen = (scope === "all" ? spread(hits) : hits).slice(0, limit);
      const results = await Promise.all(
        chosen.map(async (hit) => toWire(hit, await around(deps.turns, caller.userId, hit))),
      );
      return { query: q, scope, limit, context_turns: CONTEXT_TURNS, results };
    },
  };
}

function spread(hits: readonly SearchHit[]): readonly SearchHit[] {
  const perChat = new Map<string, number>();
  return hits.filter((hit) => {
    const taken = perChat.get(hit.chatId) ?? 0;
    perChat.set(hit.chatId, taken + 1);
    return taken < HITS_PER_CHAT;
  });
}

/** The turn that was found with its neighbours, oldest first. */
async function around(turns: TurnStore, userId: string, hit: SearchHit): Promise<readonly Turn[]> {
  const before = hit.turnIndex + CONTEXT_TURNS + 1;
  const near = await turns.recent(userId, hit.chatId, 2 * CONTEXT_TURNS + 1, before);
  return near.filter((turn) => Math.abs(turn.index - hit.turnIndex) <= CONTEXT_TURNS).toReversed();
}

function toWire(hit: SearchHit, context: readonly Turn[]): Record<string, unknown> {
  return {
    session_id: hit.chatId,
    session_title: hit.chatTitle,
    hit_turn_id: `${hit.chatId}:${hit.turnIndex}`,
    hit_turn_index: hit.turnIndex,
    hit_created_at: new Date(hit.createdAtMs).toISOString(),
    score: hit.score,
    headline: hit.headline,
    context_turns: context.map((turn) => ({
      turn_id: `${turn.chatId}:${turn.index}`,
      turn_index: turn.index,
      created_at: new Date(turn.createdAtMs).toISOString(),
      messages: [
        { role: "user", content: turn.userText.slice(0, CONTEXT_MAX_CHARS) },
        { role: "assistant", content: turn.assistantText.slice(0, CONTEXT_MAX_CHARS) },
      ].filter(({ content }) => content !== ""),
    })),
  };
}
