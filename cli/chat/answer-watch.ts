import type { ChatEngine } from "#engine/chat/chat-engine-api.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import type { Messages } from "../kit/messages.ts";
import { paint, printNote, type Terminal } from "../kit/terminal.ts";
import { createAnswerPrinter } from "./answer-printer.ts";
import type { LineInput } from "./line-input.ts";
import { findQuestion } from "./outcome.ts";

/**
 * Prints every answer of an engine until disposed of: those asked here, those that waited in the outbox, and those that
 * a later try brings while the prompt is on the screen. Such a one is printed as a whole, above the prompt.
 */
export function watchAnswers(
  engine: ChatEngine,
  input: Pick<LineInput, "isOpen" | "above">,
  terminal: Terminal,
  messages: Messages,
): Disposable {
  const printer = createAnswerPrinter(terminal, messages);
  /** What came while the prompt was on the screen. */
  const held: (() => void)[] = [];
  const flush = (): void => {
    input.above(() => {
      for (const print of held.splice(0)) print();
      if (input.isOpen()) printer.pause();
    });
  };
  /** Questions whose answers have begun and are not settled. */
  const open = new Set<string>();

  const settle = (id: string, question: UserMessage | undefined): void => {
    open.delete(id);
    const status = question?.status;
    held.push(() => {
      printer.settled(id, status?.kind === "cancelled" ? messages.cancelled : undefined);
      // What was set aside by a command is told by that command.
      if (status?.kind === "failed" && status.failure.code !== "CANCELLED")
        printNote(terminal, paint("red", messages.error(status.failure)));
    });
    flush();
  };
  const offEvents = engine.onEvent((event) => {
    open.add(event.messageId);
    held.push(() => printer.event(event));
    if (!input.isOpen()) flush();
    // An answer in a chat that is not on show never appears in the state.
    if (event.event.type === "end" && findQuestion(engine, event.messageId) === undefined) {
      settle(event.messageId, undefined);
    }
  });
  const offState = engine.store.subscribe((state, before) => {
    // Statuses change with the active question; a delta changes neither.
    if (state.activeMessageId === before.activeMessageId && state.queuedCount === before.queuedCount) return;
    for (const message of state.messages) {
      if (message.role !== "user" || !open.has(message.id)) continue;
      if (isSettled(message)) settle(message.id, message);
      // Other lines follow: why it waits, and the prompt.
      else if (message.status.kind === "queued" && !input.isOpen()) printer.pause();
    }
  });
  return {
    [Symbol.dispose]() {
      offEvents();
      offState();
    },
  };
}

function isSettled({ status: { kind } }: UserMessage): boolean {
  return kind === "answered" || kind === "failed" || kind === "cancelled";
}
