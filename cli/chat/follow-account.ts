import type { Logger } from "#contract/logger.ts";
import { createLiveSync } from "#engine/app/live-sync.ts";
import { paint, printNote } from "../kit/terminal.ts";
import type { ChatContext } from "./announcements.ts";
import { printMessage } from "./print-message.ts";

interface Following extends Pick<ChatContext, "client" | "terminal" | "messages"> {
  readonly logger: Logger;
  /** Prints whole lines where they disturb nothing. */
  readonly above: (print: () => void) => void;
  readonly signal: AbortSignal;
}

/** Shows in the open chat what the person's other devices do to it: its new name, what is said there, that it was deleted. */
export function followAccount({ client, terminal, messages, logger, above, signal }: Following): void {
  const { engine, history } = client;
  const note = (text: string): void => above(() => printNote(terminal, paint("dim", text)));
  const shown = {
    history,
    engine: {
      store: engine.store,
      newChat: () => engine.newChat(),
      describeChat(chat: Parameters<typeof engine.describeChat>[0]): void {
        const { title = chat.title } = engine.store.getState();
        engine.describeChat(chat);
        if (chat.title !== title) note(messages.chatRenamed(chat.title));
      },
      async refresh(chatId: string): Promise<void> {
        const known = new Set(engine.store.getState().messages.map(({ turnId }) => turnId));
        await engine.refresh(chatId);
        const state = engine.store.getState();
        if (state.chatId !== chatId) return;
        const fresh = state.messages.filter(({ turnId }) => !known.has(turnId));
        if (fresh.length > 0) above(() => fresh.forEach((one) => printMessage(one, terminal, messages)));
      },
    },
  };
  const sync = createLiveSync({
    // The terminal shows no lists; a command that prints one asks for it.
    state: () => ({}),
    show: () => undefined,
    look: async () => undefined,
    readProjects: async () => undefined,
    // It has one: what was on show was deleted elsewhere.
    onProblem: () => note(messages.chatDeleted),
    logger,
    signal,
  });
  client.listen((news) => sync.heard(shown, news));
}
