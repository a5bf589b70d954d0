import type { ChatEngine } from "#engine/chat/chat-engine-api.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import type { Messages } from "../kit/messages.ts";
import { paint, printNote, type Terminal } from "../kit/terminal.ts";
import { createAnswerPrinter } from "./answer-printer.ts";
import { findQuestion } from "./outcome.ts";

/**
 * Prints every answer of an engine until disposed of: those asked here, those that waited in the outbox, and those that
 * a later try brings while the prompt is on the screen.
 */
export function watchAnswers(engine: ChatEngine, terminal: Terminal, messages: Messages): Disposable {
  const printer = createAnswerPrinter(terminal, messages);
  /** Questions whose answers have begun and are not settled. */
  const open = new Set<string>();

  const settle = (id: string, question: UserMessage | undefined): void => {
    open.delete(id);
    const status = question?.status;
    printer.settled(id, status?.kind === "cancelled" ? messages.cancelled : undefined);
    if (status?.kind === "failed") printNote(terminal, paint("red", messages.error(status.failure)));
  };
  const offEvents = engine.onEvent((event) => {
    open.add(event.messageId);
    printer.event(event);
    // An answer in a chat that is not on show never appears in the state.
    if (event.event.type === "end" && findQuestion(engine, event.messageId) === undefined) {
      settle(event.messageId, undefined);
    }
  });
  const offState = engine.store.subscribe((state, before) => {
    // Statuses change with the active question; a delta changes neither.
    if (state.activeMessageId === before.activeMessageId && state.queuedCount === before.queuedCount) return;
    for (const message of state.messages) {
      if (message.role === "user" && isNewlySettled(message, open)) settle(message.id, message);
    }
  });
  return {
    [Symbol.dispose]() {
      offEvents();
      offState();
    },
  };
}

function isNewlySettled(message: UserMessage, open: ReadonlySet<string>): boolean {
  const { kind } = message.status;
  return open.has(message.id) && (kind === "answered" || kind === "failed" || kind === "cancelled");
}
