import type { Turn, TurnStore } from "../chats/ports.ts";
import type { ModelMessage } from "./ports.ts";
import { clipToTokens, estimateTokens } from "./models/token-estimate.ts";
import { wording } from "./wording.ts";

/** Tokens of earlier turns that go with a question. The question and the system prompt come on top. */
const CONTEXT_BUDGET_TOKENS = 6_000;
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
  turns: Pick<TurnStore, "recent">,
  scope: ContextScope,
): Promise<readonly ModelMessage[]> {
  const budgetTokens = scope.budgetTokens ?? CONTEXT_BUDGET_TOKENS;
  const newestFirst: ModelMessage[][] = [];
  let usedTokens = 0;
  let { before } = scope;
  for (const limit of PAGE_SIZES) {
    if (before.parentTurnId === undefined) break;
    const page = await turns.recent(scope.userId, scope.chatId, limit, before.id);
    for (const turn of page) {
      before = turn;
      if (turn.assistantText === "") continue;
      const pair = messagesOf(turn, scope.locale);
      const tokens = tokensOf(pair, budgetTokens);
      if (usedTokens + tokens > budgetTokens) {
        if (newestFirst.length === 0) newestFirst.push(clip(pair, budgetTokens));
        return newestFirst.toReversed().flat();
      }
      usedTokens += tokens;
      newestFirst.push(pair);
    }
    if (page.length < limit) break;
  }
  return newestFirst.toReversed().flat();
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
