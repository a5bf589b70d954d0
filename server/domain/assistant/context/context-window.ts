import { FILE_TEXT_MAX_CHARS } from "#contract/limits.ts";
import type { Turn, TurnStore } from "../../chats/ports.ts";
import type { ModelMessage } from "../ports.ts";
import { fencedFiles } from "./fenced-files.ts";
import { clipToTokens, estimateTokens } from "../models/token-estimate.ts";
import { wording } from "./wording.ts";

/** Tokens of earlier turns that go with a question. The question and the system prompt come on top. */
export const CONTEXT_BUDGET_TOKENS = 6_000;
/**
 * Files of earlier turns that go with a question, newest first, in UTF-16 code units: as much as one file may hold, so
 * that the one a conversation is about stays in it. Of others only the names go.
 */
const EARLIER_FILES_MAX_CHARS = FILE_TEXT_MAX_CHARS;
/**
 * How many turns are read, page by page, until the budget is full. Together 40: the cost of a question is the same in a
 * chat of 50 turns and of 5,000.
 */
const PAGE_SIZES = [8, 32] as const;
export const CONTEXT_MAX_TURNS = PAGE_SIZES[0] + PAGE_SIZES[1];

/** Which part of which chat is wanted. */
export interface ContextScope {
  readonly userId: string;
  readonly chatId: string;
  /** Only the turns that this one follows. */
  readonly before: Pick<Turn, "id" | "parentTurnId">;
  /** And that follow this one, up to which a summary tells what was said; absent: none does. */
  readonly after?: string | undefined;
  readonly locale: string;
  readonly budgetTokens?: number;
}

/** What of the earlier turns goes with a question. */
export interface Earlier {
  readonly messages: readonly ModelMessage[];
  /** The last turn that goes with it. */
  readonly last: Turn | undefined;
  readonly turns: number;
  readonly tokens: number;
  /** Whether there was more than fits. */
  readonly isCut: boolean;
}

/**
 * The newest of the turns that a question follows that fit the budget, oldest first; never of another branch. A turn without an answer is left out, since many chat
 * templates refuse two user messages in a row. The newest turn is shortened rather than dropped: "say that again" must
 * work after a very long answer.
 */
export async function earlierMessages(
  turns: Pick<TurnStore, "recent" | "files">,
  scope: ContextScope,
): Promise<Earlier> {
  const { newestFirst, isCut } = await newestPairs(turns, scope);
  return {
    messages: (await withFiles(turns, scope, newestFirst)).toReversed().flat(),
    last: newestFirst[0]?.turn,
    turns: newestFirst.length,
    tokens: newestFirst.reduce((sum, { tokens }) => sum + tokens, 0),
    isCut,
  };
}

/** A question and its answer. */
interface Pair {
  readonly turn: Turn;
  readonly messages: readonly ModelMessage[];
  readonly tokens: number;
}

async function newestPairs(
  turns: Pick<TurnStore, "recent">,
  scope: ContextScope,
): Promise<{ readonly newestFirst: readonly Pair[]; readonly isCut: boolean }> {
  const budgetTokens = scope.budgetTokens ?? CONTEXT_BUDGET_TOKENS;
  const newestFirst: Pair[] = [];
  let usedTokens = 0;
  let { before } = scope;
  for (const limit of PAGE_SIZES) {
    if (before.parentTurnId === undefined) break;
    const page = await turns.recent(scope.userId, scope.chatId, limit, before.id);
    for (const turn of page) {
      if (turn.id === scope.after) return { newestFirst, isCut: false };
      before = turn;
      if (turn.assistantText === "") continue;
      const messages = messagesOf(turn, scope.locale);
      const tokens = tokensOf(messages, budgetTokens);
      if (usedTokens + tokens > budgetTokens) {
        if (newestFirst.length === 0)
          newestFirst.push({ turn, messages: clip(messages, budgetTokens), tokens });
        return { newestFirst, isCut: true };
      }
      usedTokens += tokens;
      newestFirst.push({ turn, messages, tokens });
    }
    if (page.length < limit) return { newestFirst, isCut: false };
  }
  const { parentTurnId } = before;
  return { newestFirst, isCut: parentTurnId !== undefined && parentTurnId !== scope.after };
}

/** The messages of the pairs, each question with its files, or with their names. */
async function withFiles(
  turns: Pick<TurnStore, "files">,
  { userId, chatId, locale }: ContextScope,
  newestFirst: readonly Pair[],
): Promise<readonly (readonly ModelMessage[])[]> {
  let room = EARLIER_FILES_MAX_CHARS;
  const read: string[] = [];
  for (const { turn } of newestFirst.filter(({ turn: { files } }) => files.length > 0)) {
    room -= turn.files.reduce((sum, { chars }) => sum + chars, 0);
    if (room < 0) break;
    read.push(turn.id);
  }
  const texts = read.length === 0 ? undefined : await turns.files(userId, chatId, read);
  return newestFirst.map(({ turn, messages }) => {
    if (turn.files.length === 0) return messages;
    const files = texts?.get(turn.id);
    return messages.map((message): ModelMessage => {
      if (message.role !== "user") return message;
      if (files !== undefined) return { ...message, files: fencedFiles(files, turn.id, locale) };
      const names = wording(locale).earlierFiles(turn.files.map(({ name }) => name));
      return { ...message, text: `${names} ${message.text}` };
    });
  });
}

/** What was said in a turn; of its picture and files only that they were there. */
export function messagesOf(turn: Turn, locale: string): ModelMessage[] {
  const mark = turn.hadImage ? `${wording(locale).earlierImage} ` : "";
  return [
    { role: "user", text: mark + turn.userText },
    { role: "assistant", text: turn.assistantText },
  ];
}

export function tokensOf(messages: readonly ModelMessage[], capTokens: number): number {
  return messages.reduce((sum, message) => sum + estimateTokens(message.text, capTokens), 0);
}

function clip(pair: readonly ModelMessage[], budgetTokens: number): ModelMessage[] {
  const half = Math.floor(budgetTokens / 2);
  return pair.map((message) => ({ ...message, text: clipToTokens(message.text, half) }));
}
