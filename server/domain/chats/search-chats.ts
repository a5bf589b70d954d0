import type { SearchHit, Turn, TurnStore } from "./ports.ts";
import { parseSearchQuery } from "./search-query.ts";

/** How many there are unless it is asked for otherwise, and at most; seed 001's defaults. */
export const SEARCH_BOUNDS = {
  limit: { usual: 5, most: 50 },
  /** Hits of one chat, where all are searched. */
  perSession: { usual: 2, most: 50 },
  /** Turns shown before a hit, and after. */
  contextTurns: { usual: 1, most: 5 },
  queryChars: 1_000,
} as const;
const CONTENT_MAX_CHARS = 800;

interface ChatSearch {
  readonly userId: string;
  /** As it was typed, with its filters: see `parseSearchQuery`. */
  readonly query: string;
  /** Of the query, for errors. */
  readonly field: string;
  /** Only this chat; absent: all chats of the user. */
  readonly chatId?: string;
  readonly limit: number;
  readonly perSession?: number | undefined;
  readonly contextTurns: number;
  /** Nothing of hidden branches. */
  readonly shownOnly?: boolean;
}

/** A hit in the shape of seed 001, as models and HTTP clients get it. */
export type ChatSearchResult = ReturnType<typeof toResult>;

/**
 * Searches a user's chats, best hit first; of all chats, a talkative one does not hide the others.
 *
 * @throws PipitError INVALID_REQUEST for filters that cannot be read
 */
export async function searchChats(
  turns: Pick<TurnStore, "search" | "around">,
  search: ChatSearch,
): Promise<readonly ChatSearchResult[]> {
  const { userId, query, field, chatId, limit, contextTurns, shownOnly = false } = search;
  const { text, ...filters } = parseSearchQuery(query, field);
  const perChat =
    search.perSession ??
    (chatId === undefined && filters.inChat === undefined ? SEARCH_BOUNDS.perSession.usual : limit);
  const inChat = chatId === undefined ? {} : { chatId };
  const hits = await turns.search(userId, text, { ...filters, ...inChat, limit, perChat, shownOnly });
  return Promise.all(
    hits.map(async (hit) => {
      const around = await turns.around(userId, hit.chatId, hit.turnId, { turns: contextTurns, shownOnly });
      return toResult(hit, around);
    }),
  );
}

function toResult(hit: SearchHit, context: readonly Turn[]) {
  return {
    session_id: hit.chatId,
    session_title: hit.chatTitle,
    /** "session:index" */
    hit_turn_id: `${hit.chatId}:${hit.turnIndex}`,
    hit_turn_index: hit.turnIndex,
    /** As in the chat's messages, to open it by. */
    turn_id: hit.turnId,
    /** ISO 8601 */
    hit_created_at: new Date(hit.createdAtMs).toISOString(),
    score: hit.score,
    headline: hit.headline,
    highlights: hit.highlights,
    places: hit.places,
    /** The turn that was found with its neighbours, oldest first. */
    context_turns: context.map(toContextTurn),
  };
}

function toContextTurn(turn: Turn) {
  const messages = [
    { role: "user" as const, content: turn.userText.slice(0, CONTENT_MAX_CHARS).toWellFormed() },
    { role: "assistant" as const, content: turn.assistantText.slice(0, CONTENT_MAX_CHARS).toWellFormed() },
  ];
  return {
    turn_id: `${turn.chatId}:${turn.index}`,
    turn_index: turn.index,
    created_at: new Date(turn.createdAtMs).toISOString(),
    // A turn that failed may have no answer.
    messages: messages.filter(({ content }) => content !== ""),
  };
}
