import { FILE_TEXT_MAX_CHARS } from "#contract/limits.ts";
import type { Turn, TurnStore } from "../chats/ports.ts";
import type { ModelMessage } from "./ports.ts";
import { fencedFiles } from "./fenced-files.ts";
import { clipToTokens, estimateTokens } from "./models/token-estimate.ts";
import { wording } from "./wording.ts";

/** Tokens of earlier turns that go with a question. The question and the system prompt come on top. */
const CONTEXT_BUDGET_TOKENS = 6_000;
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

/** Which part of which chat is wanted. */
export interface ContextScope {
  readonly userId: string;
  readonly chatId: string;
  /** Only the turns that this one follows. */
  readonly before: Pick<Turn, "id" | "parentTurnId">;
  readonly locale: string;
  readonly budgetTokens?: number;
}

/**
 * The newest of the turns that a question follows that fit the budget, oldest first; never of another branch. A turn without an answer is left out, since many chat
 * templates refuse two user messages in a row. The newest turn is shortened rather than dropped: "say that again" must
 * work after a very long answer.
 */
export async function earlierMessages(
  turns: Pick<TurnStore, "recent" | "files">,
  scope: ContextScope,
): Promise<readonly ModelMessage[]> {
  const newestFirst = await newestPairs(turns, scope);
  return (await withFiles(turns, scope, newestFirst)).toReversed().flat();
}

/** A question and its answer. */
interface Pair {
  readonly turn: Turn;
  readonly messages: readonly ModelMessage[];
}

async function newestPairs(turns: Pick<TurnStore, "recent">, scope: ContextScope): Promise<readonly Pair[]> {
  const budgetTokens = scope.budgetTokens ?? CONTEXT_BUDGET_TOKENS;
  const newestFirst: Pair[] = [];
  let usedTokens = 0;
  let { before } = scope;
  for (const limit of PAGE_SIZES) {
    if (before.parentTurnId === undefined) break;
    const page = await turns.recent(scope.userId, scope.chatId, limit, before.id);
    for (const turn of page) {
      before = turn;
      if (turn.assistantText === "") continue;
      const messages = messagesOf(turn, scope.locale);
      const tokens = tokensOf(messages, budgetTokens);
      if (usedTokens + tokens > budgetTokens) {
        if (newestFirst.length === 0) newestFirst.push({ turn, messages: clip(messages, budgetTokens) });
        return newestFirst;
      }
      usedTokens += tokens;
      newestFirst.push({ turn, messages });
    }
    if (page.length < limit) break;
  }
  return newestFirst;
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

function messagesOf(turn: Turn, locale: string): ModelMessage[] {
  const mark = turn.hadImage ? `${wording(locale).earlierImage} ` : "";
  return [
    { role: "user", text: mark + turn.userText },
    { role: "assistant", text: turn.assistantText },
  ];
}

function tokensOf(messages: readonly ModelMessage[], capTokens: number): number {
  return messages.reduce((sum, message) => sum + estimateTokens(message.text, capTokens), 0);
}

function clip(pair: readonly ModelMessage[], budgetTokens: number): ModelMessage[] {
  const half = Math.floor(budgetTokens / 2);
  return pair.map((message) => ({ ...message, text: clipToTokens(message.text, half) }));
}
