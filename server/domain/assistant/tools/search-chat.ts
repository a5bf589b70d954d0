import { z } from "zod";
import type { SearchHit, Turn, TurnStore } from "#server/domain/chats/ports.ts";
import type { AssistantTool } from "../ports.ts";
import { defineTool, toolInput } from "./define-tool.ts";
import { languageOfLocale } from "./language.ts";

/** Defaults and bounds of the history search (seed 001). */
const DEFAULT_LIMIT = 5;
const MAX_LIMIT = 20;
/** Hits per chat when all chats are searched. */
const PER_SESSION = 2;
const CONTEXT_TURNS = 1;
const CONTENT_MAX_CHARS = 800;

const input = toolInput({
  query: z.string().trim().min(1).max(500).describe("Words to look for in earlier questions and answers."),
  scope: z
    .enum(["all", "current"], { error: "scope must be 'all' or 'current'" })
    .optional()
    .describe('"current": this chat only (default). "all": all chats of this person.'),
  limit: z.number().int().min(1).max(MAX_LIMIT).optional().describe(`Most hits, default ${DEFAULT_LIMIT}.`),
});

export interface SearchChatOptions {
  readonly turns: TurnStore;
  readonly userId: string;
  readonly chatId: string;
  /** The person's own choice; it overrides the model's. Undefined: the model chooses. */
  readonly searchAllChats: boolean | undefined;
  readonly locale: string;
}

/** Output for the model, in the shape of seed 001. */
export interface SearchChatOutput {
  readonly query: string;
  readonly scope: "all" | "current";
  readonly limit: number;
  readonly context_turns: number;
  readonly results: readonly SearchChatResult[];
}
export interface SearchChatResult {
  readonly session_id: string;
  readonly session_title: string;
  /** "session:index" */
  readonly hit_turn_id: string;
  readonly hit_turn_index: number;
  /** ISO 8601 */
  readonly hit_created_at: string;
  readonly score: number;
  readonly headline: string;
  readonly context_turns: readonly ContextTurn[];
}
export interface ContextTurn {
  readonly turn_id: string;
  readonly turn_index: number;
  readonly created_at: string;
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
}

/** Searches the person's own chats. */
export function createSearchChatTool(options: SearchChatOptions): AssistantTool {
  return defineTool({
    name: "search_chat",
    description:
      "Full-text search in earlier messages of this person. Use it when they refer to something said before that you do not see.",
    input,
    async run({ query, scope: asked, limit = DEFAULT_LIMIT }, signal) {
      const scope = scopeOf(options.searchAllChats, asked);
      const hits = await search(options, query, scope, limit);
      signal.throwIfAborted();
      const results = await Promise.all(hits.map((hit) => toResult(options, hit)));
      const value: SearchChatOutput = { query, scope, limit, context_turns: CONTEXT_TURNS, results };
      return { value, summary: summaryOf(query, results.length, options.locale) };
    },
  });
}

function scopeOf(
  searchAllChats: boolean | undefined,
  asked: "all" | "current" | undefined,
): "all" | "current" {
  if (searchAllChats !== undefined) return searchAllChats ? "all" : "current";
  return asked ?? "current";
}

async function search(
  { turns, userId, chatId }: SearchChatOptions,
  query: string,
  scope: "all" | "current",
  limit: number,
): Promise<SearchHit[]> {
  if (scope === "current") return [...(await turns.search(userId, query, { chatId, limit }))];
  // More than asked, so that one talkative chat does not hide the others.
  const found = await turns.search(userId, query, { limit: limit * 4 });
  const perChat = new Map<string, number>();
  return found
    .filter((hit) => {
      const count = (perChat.get(hit.chatId) ?? 0) + 1;
      perChat.set(hit.chatId, count);
      return count <= PER_SESSION;
    })
    .slice(0, limit);
}

async function toResult({ turns, userId }: SearchChatOptions, hit: SearchHit): Promise<SearchChatResult> {
  const around = await turns.recent(
    userId,
    hit.chatId,
    2 * CONTEXT_TURNS + 1,
    hit.turnIndex + CONTEXT_TURNS + 1,
  );
  const near = around.filter((turn) => Math.abs(turn.index - hit.turnIndex) <= CONTEXT_TURNS);
  return {
    session_id: hit.chatId,
    session_title: hit.chatTitle,
    hit_turn_id: `${hit.chatId}:${hit.turnIndex}`,
    hit_turn_index: hit.turnIndex,
    hit_created_at: new Date(hit.createdAtMs).toISOString(),
    score: hit.score,
    headline: hit.headline,
    context_turns: near.toSorted((a, b) => a.index - b.index).map(toContextTurn),
  };
}

function toContextTurn(turn: Turn): ContextTurn {
  return {
    turn_id: `${turn.chatId}:${turn.index}`,
    turn_index: turn.index,
    created_at: new Date(turn.createdAtMs).toISOString(),
    messages: [
      { role: "user", content: turn.userText.slice(0, CONTENT_MAX_CHARS) },
      { role: "assistant", content: turn.assistantText.slice(0, CONTENT_MAX_CHARS) },
    ],
  };
}

function summaryOf(query: string, count: number, locale: string): string {
  if (languageOfLocale(locale) === "ru") {
    return count === 0 ? `Ничего не найдено: «${query}»` : `Найдено сообщений: ${count} («${query}»)`;
  }
  if (count === 0) return `Nothing found for "${query}"`;
  return `Found ${count} ${count === 1 ? "message" : "messages"} for "${query}"`;
}
