import type { SearchHit, Turn, TurnStore } from "./ports.ts";

/** Turns before and after a hit that are shown with it (seed 001). */
export const SEARCH_CONTEXT_TURNS = 1;
/** Hits per chat when all chats are searched. */
const PER_CHAT = 2;
const CONTENT_MAX_CHARS = 800;

interface ChatSearch {
  readonly userId: string;
  readonly query: string;
  /** Only this chat; absent: all chats of the user. */
  readonly chatId?: string;
  readonly limit: number;
  /** Nothing of hidden branches. */
  readonly shownOnly?: boolean;
}

/** A hit in the shape of seed 001, as models and HTTP clients get it. */
export type ChatSearchResult = ReturnType<typeof toResult>;

/** Searches a user's chats, best hit first; of all chats, a talkative one does not hide the others. */
export async function searchChats(
  turns: Pick<TurnStore, "search" | "around">,
  search: ChatSearch,
): Promise<readonly ChatSearchResult[]> {
  const { userId, query, chatId, limit, shownOnly = false } = search;
  const hits =
    chatId === undefined
      ? spread(await turns.search(userId, query, { limit: limit * 4, shownOnly })).slice(0, limit)
      : await turns.search(userId, query, { chatId, limit, shownOnly });
  return Promise.all(
    hits.map(async (hit) => toResult(hit, await turns.around(userId, hit.chatId, hit.turnId, shownOnly))),
  );
}

function spread(hits: readonly SearchHit[]): readonly SearchHit[] {
  const perChat = new Map<string, number>();
  return hits.filter((hit) => {
    const taken = perChat.get(hit.chatId) ?? 0;
    perChat.set(hit.chatId, taken + 1);
    return taken < PER_CHAT;
  });
}

function toResult(hit: SearchHit, context: readonly Turn[]) {
  return {
    session_id: hit.chatId,
    session_title: hit.chatTitle,
    /** "session:index" */
    hit_turn_id: `${hit.chatId}:${hit.turnIndex}`,
    hit_turn_index: hit.turnIndex,
    /** ISO 8601 */
    hit_created_at: new Date(hit.createdAtMs).toISOString(),
    score: hit.score,
    headline: hit.headline,
    /** The turn that was found with its neighbours, oldest first. */
    context_turns: context.map(toContextTurn),
  };
}

function toContextTurn(turn: Turn) {
  const messages = [
    { role: "user" as const, content: turn.userText.slice(0, CONTENT_MAX_CHARS) },
    { role: "assistant" as const, content: turn.assistantText.slice(0, CONTENT_MAX_CHARS) },
  ];
  return {
    turn_id: `${turn.chatId}:${turn.index}`,
    turn_index: turn.index,
    created_at: new Date(turn.createdAtMs).toISOString(),
    // A turn that failed may have no answer.
    messages: messages.filter(({ content }) => content !== ""),
  };
}
