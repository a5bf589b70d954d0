import { answerText, type AssistantMessage } from "#contract/chat-state.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import { languageOfLocale } from "#contract/language.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import { failureText } from "#contract/texts/error-text.ts";
import { applyContent, newAnswer } from "#engine/chat/answer.ts";
import type { AskServer, StreamCall } from "#engine/ports.ts";
import type { HistoryEntry, HistoryFile } from "./history-file.ts";

export interface KeepHistoryOptions {
  readonly file: HistoryFile;
  /** The person's setting. */
  readonly isWanted: () => boolean;
  /** Whether the server keeps a chat for a day only; asked for chats that were begun elsewhere. */
  readonly isTemporary: (chatId: string, signal: AbortSignal) => Promise<boolean>;
  readonly nowMs: () => number;
  /** BCP 47. */
  readonly locale: string;
}

/** Longest that a stopped answer waits to learn whether its chat is temporary. */
const CHECK_MS = 5_000;

const notKept = {
  en: (why: string) => `The history file could not be written; its lines wait. ${why}`,
  ru: (why: string) => `Файл истории не записан, строки ждут. ${why}`,
};

/**
 * Asks as `ask` does, and keeps each question with its answer in a file, once it is complete or was stopped; those of a
 * temporary chat never. What the file does holds nothing up: a fault is a notice in the answer.
 */
export function keepHistory(ask: AskServer, options: KeepHistoryOptions): AskServer {
  /** What is known of chats. */
  const temporary = new Map<string, boolean>();

  async function isTemporary({ call, turn }: Heard, signal: AbortSignal): Promise<boolean> {
    if (turn === undefined || call.temporary === true) return true;
    const known = temporary.get(turn.chatId);
    if (known !== undefined) return known;
    // Unknown is as good as temporary: better a line too few than one too many.
    const told = await options.isTemporary(turn.chatId, signal).catch(() => undefined);
    if (told !== undefined) temporary.set(turn.chatId, told);
    return told ?? true;
  }
  async function keep(heard: Heard, status: HistoryEntry["status"], signal: AbortSignal) {
    if (heard.accountId === undefined || heard.turn === undefined) return undefined;
    if (await isTemporary(heard, signal)) return undefined;
    return options.file.add(heard.accountId, entryOf(heard, heard.turn, status, options.nowMs()));
  }
  return async function* asked(call, signal, onSignIn) {
    if (!options.isWanted()) return yield* ask(call, signal, onSignIn);
    const heard: Heard = { call, answer: newAnswer(call.clientMessageId, options.nowMs()) };
    let isOver = false;
    try {
      const events = ask(call, signal, (attachment) => {
        if (attachment !== undefined) heard.accountId = attachment.accountId;
        onSignIn?.(attachment);
      });
      for await (const event of events) {
        hear(heard, event);
        if (event.type === "turn" && call.chatId === undefined)
          temporary.set(event.chatId, call.temporary === true);
        if (event.type === "end") {
          isOver = true;
          const fault = await keep(heard, "done", signal);
          if (fault !== undefined) yield noticeOf(fault, options.locale);
        }
        yield event;
      }
    } finally {
      // A call that was broken off by something else is made again.
      if (!isOver && signal.aborted)
        await keep(heard, "stopped", AbortSignal.timeout(CHECK_MS)).catch(() => undefined);
    }
  };
}

interface Heard {
  readonly call: StreamCall;
  accountId?: string;
  turn?: Extract<ChatEvent, { type: "turn" }>;
  answer: AssistantMessage;
}

function hear(heard: Heard, event: ChatEvent): void {
  if (event.type === "turn") heard.turn = event;
  else if (
    event.type === "text" ||
    event.type === "reasoning" ||
    event.type === "tool" ||
    event.type === "usage"
  )
    heard.answer = applyContent(heard.answer, event);
}

function entryOf(
  { call, answer }: Heard,
  { chatId, turnId }: Extract<ChatEvent, { type: "turn" }>,
  status: HistoryEntry["status"],
  nowMs: number,
): HistoryEntry {
  return {
    at: new Date(nowMs).toISOString(),
    chat_id: chatId,
    turn_id: turnId,
    status,
    ...(answer.model !== undefined && { model: answer.model }),
    question: call.prompt,
    ...(call.files !== undefined && call.files.length > 0 && { files: call.files.map(({ name }) => name) }),
    answer: answerText(answer),
  };
}

function noticeOf(fault: PipitError, locale: string): ChatEvent {
  const language = languageOfLocale(locale);
  return { type: "notice", code: fault.code, text: notKept[language](failureText(fault, language)) };
}
