import type { TurnStore } from "#server/domain/chats/ports.ts";
import type { Clock } from "#contract/clock.ts";
import type { AssistantTool } from "../ports.ts";
import { createCalculator, type Calculator } from "./calculator.ts";
import { createCalculatorTool } from "./calculator-tool.ts";
import { createCurrentTimeTool } from "./current-time.ts";
import { createSearchChatTool } from "./search-chat-history.ts";

export interface AssistantToolsOptions {
  readonly turns: TurnStore;
  readonly clock: Clock;
  readonly userId: string;
  readonly chatId: string;
  /** The person's own choice of search scope; undefined leaves it to the model. */
  readonly searchAllChats?: boolean | undefined;
  readonly locale: string;
  /** Share one per server: its thread then stays warm. Absent: one of its own that ends soon after use. */
  readonly calculator?: Calculator;
}

/** How long the thread of an unshared calculator waits for another calculation of the same answer. */
const OWN_CALCULATOR_IDLE_MS = 2_000;

/** The tools of one question: current_time, calculator, search_chat_history. */
export function createAssistantTools(options: AssistantToolsOptions): readonly AssistantTool[] {
  const { turns, clock, userId, chatId, searchAllChats, locale } = options;
  const calculator = options.calculator ?? createCalculator({ idleMs: OWN_CALCULATOR_IDLE_MS });
  return [
    createCurrentTimeTool(clock, locale),
    createCalculatorTool(calculator),
    createSearchChatTool({ turns, userId, chatId, searchAllChats, locale }),
  ];
}
