import { z } from "zod";
import type { TurnStore } from "#server/domain/chats/ports.ts";
import {
  SEARCH_CONTEXT_TURNS,
  searchChats,
  type ChatSearchResult,
} from "#server/domain/chats/search-chats.ts";
import type { AssistantTool } from "../ports.ts";
import { defineTool, toolInput } from "./define-tool.ts";
import { languageOfLocale } from "#contract/language.ts";

/** Defaults and bounds of the history search (seed 001). */
const DEFAULT_LIMIT = 5;
const MAX_LIMIT = 20;

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
  readonly results: readonly ChatSearchResult[];
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
      const { turns, userId, chatId } = options;
      const inChat = scope === "current" ? { chatId } : {};
      // As of the conversation itself, the model gets what is shown: the person has left the other branches.
      const results = await searchChats(turns, { userId, query, limit, shownOnly: true, ...inChat });
      signal.throwIfAborted();
      const value: SearchChatOutput = { query, scope, limit, context_turns: SEARCH_CONTEXT_TURNS, results };
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

function summaryOf(query: string, count: number, locale: string): string {
  if (languageOfLocale(locale) === "ru") {
    return count === 0 ? `Ничего не найдено: «${query}»` : `Найдено сообщений: ${count} («${query}»)`;
  }
  if (count === 0) return `Nothing found for "${query}"`;
  return `Found ${count} ${count === 1 ? "message" : "messages"} for "${query}"`;
}
