import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { Turn, TurnStore } from "../chats/ports.ts";
import type { Summary, SummaryStore } from "../chats/summary-port.ts";
import type { TokenUseStore } from "../usage/ports.ts";
import { BUILT_IN_MODEL } from "./built-in/built-in-model.ts";
import {
  CONTEXT_BUDGET_TOKENS,
  CONTEXT_MAX_TURNS,
  messagesOf,
  tokensOf,
  type Earlier,
} from "./context/context-window.ts";
import { markFor } from "./context/fence-mark.ts";
import { clipToTokens, estimateTokens } from "./models/token-estimate.ts";
import type { AnswerModel, ModelMessage } from "./ports.ts";
import { shortCall } from "./short-call.ts";
import { wording } from "./context/wording.ts";
import { warnUnlessTold } from "../outage.ts";

/** What stays word for word: the newest turns within both. The rest, at least 4,000 tokens or 20 turns, is summarised. */
const KEPT_TOKENS = 2_000;
const KEPT_TURNS = 20;
/** Most turns that are read at once; what a chat of an earlier version has before them stays out. */
const READ_TURNS = 256;
const PAGE_TURNS = 32;
/** Longest part of one message that is read for a summary. */
const MESSAGE_TOKENS = 1_500;
/** Longest summary: about 1,000 tokens of English. */
const SUMMARY_MAX_CHARS = 4_000;
/** Of one call: all that goes with a question, and an answer. */
const CALL_TOKENS = CONTEXT_BUDGET_TOKENS + 2_000;
const CALL_TIMEOUT_MS = 120_000;

interface CompactionDeps {
  readonly turns: Pick<TurnStore, "recent">;
  readonly summaries: SummaryStore;
  readonly tokenUse: Pick<TokenUseStore, "add">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A turn that has just been answered, and what it was answered with. */
export interface AnsweredTurn {
  readonly turn: Pick<Turn, "id" | "userId" | "chatId" | "userText">;
  readonly answer: readonly string[];
  readonly model: AnswerModel;
  readonly locale: string;
  readonly earlier: Earlier;
}

/**
 * Summarises the earlier part of chats that have become longer than what goes with a question: after an answer, beside
 * all else, so that the next one has it. What the model cannot summarise now is tried again after the next answer.
 */
export class Compaction implements AsyncDisposable {
  readonly #deps: CompactionDeps;
  readonly #stop = new AbortController();
  /** The work under way, by chat. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: CompactionDeps) {
    this.#deps = deps;
  }

  /** Begins, where it is time to; returns at once. */
  consider(answered: AnsweredTurn): void {
    const { turn, model, earlier } = answered;
    const tokens = tokensSaid(answered);
    const fits =
      !earlier.isCut &&
      earlier.tokens + tokens <= CONTEXT_BUDGET_TOKENS &&
      earlier.turns + 1 <= CONTEXT_MAX_TURNS;
    // The built-in responder can summarise nothing.
    if (fits || model.name === BUILT_IN_MODEL) return;
    if (this.#running.has(turn.chatId) || this.#stop.signal.aborted) return;
    const work = this.#compact(answered, tokens)
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        warnUnlessTold(this.#deps.logger, "chat could not be summarised", error, { chatId: turn.chatId });
      })
      .finally(() => this.#running.delete(turn.chatId));
    this.#running.set(turn.chatId, work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running.values());
  }

  /** Adds the turns that no summary tells of to the summary, as many at a time as a model takes with a question. */
  async #compact(answered: AnsweredTurn, tokens: number): Promise<void> {
    const { summaries, clock } = this.#deps;
    const { userId, chatId, id } = answered.turn;
    let last = await summaries.before(userId, chatId, id);
    const dropped = droppedOf(await this.#since(answered, last), KEPT_TOKENS - tokens, answered.locale);
    for (const part of partsOf(dropped)) {
      const turnIds = part.map(({ turn }) => turn.id);
      const text = await this.#summarise(answered, last, part);
      const turnId = turnIds.at(-1);
      if (turnId === undefined) return;
      const summary: Summary = { chatId, turnId, text, createdAtMs: clock.nowMs() };
      if (!(await summaries.add(userId, summary, { turnIds, goesOnFrom: last?.turnId }))) return;
      last = summary;
    }
  }

  /** The turns before the answered one that the summary does not tell of, newest first. */
  async #since({ turn }: AnsweredTurn, last: Summary | undefined): Promise<readonly Turn[]> {
    const found: Turn[] = [];
    let before = turn.id;
    while (found.length < READ_TURNS) {
      this.#stop.signal.throwIfAborted();
      const page = await this.#deps.turns.recent(turn.userId, turn.chatId, PAGE_TURNS, before);
      for (const one of page) {
        if (one.id === last?.turnId) return found;
        found.push(one);
        before = one.id;
      }
      if (page.length < PAGE_TURNS) return found;
    }
    return found;
  }

  async #summarise(
    { model, locale, turn }: AnsweredTurn,
    last: Summary | undefined,
    part: readonly Said[],
  ): Promise<string> {
    const lines = [
      ...(last === undefined ? [] : [`summary: ${last.text}`]),
      ...part.flatMap(({ messages }) => messages.map(({ role, text }) => `${role}: ${text}`)),
    ];
    const mark = markFor("chat", lines, turn.id);
    const messages: readonly ModelMessage[] = [
      { role: "system", text: wording(locale).summarise(mark) },
      { role: "user", text: [`<${mark}>`, ...lines, `</${mark}>`].join("\n") },
    ];
    const call = { messages, locale, maxChars: SUMMARY_MAX_CHARS, timeoutMs: CALL_TIMEOUT_MS };
    return shortCall(this.#deps, turn, model, call, this.#stop.signal);
  }
}

/** Counts a little more than all that can go with a question. */
function tokensSaid({ turn, answer }: AnsweredTurn): number {
  let text = "";
  for (const piece of answer) {
    if (text.length > CONTEXT_BUDGET_TOKENS * 4) break;
    text += piece;
  }
  return [turn.userText, text].reduce((sum, said) => sum + estimateTokens(said, CONTEXT_BUDGET_TOKENS), 0);
}

/** A turn as it is summarised. */
interface Said {
  readonly turn: Turn;
  /** Each cut to what is read of it. */
  readonly messages: readonly ModelMessage[];
  readonly tokens: number;
  /** Of the turn as it is. */
  readonly fullTokens: number;
}

function saidIn(turn: Turn, locale: string): Said {
  const whole = messagesOf(turn, locale);
  const messages = whole.map((message) => ({ ...message, text: clipToTokens(message.text, MESSAGE_TOKENS) }));
  return {
    turn,
    messages,
    tokens: tokensOf(messages, CONTEXT_BUDGET_TOKENS),
    fullTokens: tokensOf(whole, CONTEXT_BUDGET_TOKENS),
  };
}

/** Those that do not stay word for word, oldest first. */
function droppedOf(newestFirst: readonly Turn[], keptTokens: number, locale: string): readonly Said[] {
  const said = newestFirst
    .filter(({ assistantText }) => assistantText !== "")
    .map((turn) => saidIn(turn, locale));
  let left = keptTokens;
  const kept = said.findIndex(({ fullTokens }, index) => {
    left -= fullTokens;
    return left < 0 || index + 2 > KEPT_TURNS;
  });
  return kept === -1 ? [] : said.slice(kept).toReversed();
}

/** Cuts a list where one call would be longer than what goes with a question. */
function partsOf(said: readonly Said[]): readonly (readonly Said[])[] {
  const parts: Said[][] = [];
  let left = 0;
  for (const one of said) {
    left -= one.tokens;
    const part = parts.at(-1);
    if (part !== undefined && left >= 0) part.push(one);
    else {
      parts.push([one]);
      left = CALL_TOKENS - one.tokens;
    }
  }
  return parts;
}
